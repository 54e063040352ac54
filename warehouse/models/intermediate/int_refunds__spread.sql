-- One row per refund and line, of the orders of this build.
with refunds as (
    select * from {{ ref('int_refunds__current') }}
    where not is_deleted and {{ of_this_build() }}
),

lines as (
    select * from {{ ref('fact_order_items') }}
    where item_kind in ('goods', 'gift_card') and {{ of_this_build() }}
)

{{ spread_refunds('refunds', 'lines') }}
