-- The lines of each order of this build, the order's discount shared out among them, with what they take over from their order.
with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
),

items as (
    select * from {{ ref('int_order_items__current') }}
)

{{ priced_lines('orders', 'items') }}
