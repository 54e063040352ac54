-- what an order of this build books on its own day
with lines as (
    select * from {{ ref('fact_order_items') }}
    where {{ of_this_build() }}
),

orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
)

{{ sales_entries('lines', 'orders') }}
