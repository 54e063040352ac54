{{ config(materialized='table') }}

-- The lines of orders of this build as they were known on each day of the order's; `order_key` names order and day.
with orders as (
    select * from {{ ref('int_orders__known') }}
),

items as (
    select
        items.* exclude (order_key, known_date, known_until),
        orders.order_key,
        cast(null as varchar) as product_key,
        cast(null as varchar) as reseller_key,
        cast(null as timestamp) as recorded_at
    from {{ ref('int_order_items__recorded') }} as items
    inner join orders
        on
            items.order_key = orders.known_order_key
            and items.known_date <= orders.known_date
            and coalesce(items.known_until, date '9999-12-31') > orders.known_date
),

priced as (
    {{ priced_lines('orders', 'items') }}
)

select
    priced.order_key,
    priced.order_item_key,
    priced.line_number,
    priced.product_key,
    '-1' as product_sk,
    priced.reseller_key,
    '-1' as reseller_sk,
    priced.customer_sk,
    priced.order_kind,
    priced.item_kind,
    priced.is_booked,
    {{ line_amounts('priced') }},
    priced.ordered_at
from priced
