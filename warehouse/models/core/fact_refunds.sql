{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
),

refunds as (
    select * from {{ ref('int_refunds__by_line') }}
),

items as (
    select * from {{ ref('fact_order_items') }}
    where {{ of_this_build() }}
)

select
    -- ids
    refunds.refund_item_key,
    refunds.refund_key,
    refunds.order_key,
    refunds.order_item_key,
    refunds.source_name,
    refunds.refund_id,

    -- members: the customer as of the refund, product and reseller as sold
    orders.customer_key,
    coalesce(customers.customer_sk, '-1') as customer_sk,
    items.product_key,
    coalesce(items.product_sk, '-1') as product_sk,
    items.reseller_key,
    coalesce(items.reseller_sk, '-1') as reseller_sk,

    -- what it is
    refunds.reason,
    coalesce(items.item_kind, 'goods') as item_kind,
    coalesce(orders.order_kind, 'sale') as order_kind,
    orders.channel,
    coalesce(orders.country, 'ZZ') as country,
    coalesce(orders.is_test, false) as is_test,
    coalesce(orders.is_booked, true) and {{ is_known_currency('refunds.currency', 'refunds.exchange_rate') }} as is_booked,
    coalesce(orders.is_valid, false) as is_valid,
    coalesce(orders.is_revenue, true) as is_revenue,

    -- amounts, positive, at the rate of the order's day
    refunds.currency,
    refunds.exchange_rate,
    cast(refunds.quantity as decimal(18, 4)) as quantity,
    cast(refunds.goods_amount_txn as decimal(18, 4)) as goods_amount_txn,
    cast(refunds.shipping_amount_txn as decimal(18, 4)) as shipping_amount_txn,
    cast(refunds.tax_amount_txn as decimal(18, 4)) as tax_amount_txn,
    {{ refund_amounts('refunds') }},

    -- times
    orders.ordered_at,
    orders.ordered_date,
    refunds.refunded_at,
    {{ local_date('refunds.refunded_at') }} as refunded_date
from refunds
left join orders on refunds.order_key = orders.order_key
left join items on refunds.order_key = items.order_key and refunds.order_item_key = items.order_item_key
{{ as_of('dim_customers', 'orders.customer_key', 'refunds.refunded_at', 'customers') }}
