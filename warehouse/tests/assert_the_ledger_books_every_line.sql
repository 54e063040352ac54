-- Silver adds up: sales, less what credit notes took back, are the lines and the shipping of all booked orders, per order.
with booked as (
    select
        order_key,
        sum(booked_amount) as amount
    from {{ ref('fact_sales_ledger') }}
    where event_type in ('sale', 'adjustment') or (event_type = 'refund' and refund_item_key = order_item_key)
    group by order_key
),

lines as (
    select
        order_key,
        sum(net_amount + tax_amount) as amount
    from {{ ref('fact_order_items') }}
    where is_booked
    group by order_key
),

orders as (
    select
        order_key,
        {{ amount('shipping_amount * exchange_rate') }} + {{ amount('shipping_tax_amount * exchange_rate') }} as amount
    from {{ ref('int_orders__resolved') }}
    where is_booked
)

select
    orders.order_key,
    booked.amount as booked_amount,
    coalesce(lines.amount, 0) + orders.amount as stated_amount
from orders
left join lines on orders.order_key = lines.order_key
left join booked on orders.order_key = booked.order_key
where coalesce(booked.amount, 0) <> coalesce(lines.amount, 0) + orders.amount
