{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with events as (
    select * from {{ ref('int_ledger__sales') }}
    union all
    select * from {{ ref('int_ledger__refunds') }}
    union all
    select * from {{ ref('int_ledger__cancellations') }}
),

orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
)

select
    -- ids
    md5(
        events.event_type || '|' || coalesce(events.order_key, '') || '|'
        || coalesce(events.order_item_key, '') || '|' || coalesce(events.refund_item_key, '')
    ) as ledger_key,
    events.event_type,
    events.order_key,
    events.order_item_key,
    events.refund_item_key,
    orders.source_name,

    -- members
    orders.customer_key,
    events.customer_sk,
    events.product_key,
    events.product_sk,
    events.reseller_key,
    events.reseller_sk,

    -- where and when
    orders.channel,
    coalesce(orders.country, 'ZZ') as country,
    -- XXX is ISO 4217 for no currency: a refund whose order has not arrived
    coalesce(orders.currency, 'XXX') as currency,
    orders.is_valid,
    orders.ordered_date,
    events.event_at,
    {{ local_date('events.event_at') }} as event_date,

    -- amounts in the reporting currency; returns, discounts and cancellations are positive
    cast(events.gross_sales as decimal(18, 4)) as gross_sales,
    cast(events.discounts as decimal(18, 4)) as discounts,
    cast(events.returns as decimal(18, 4)) as returns,
    cast(events.cancellations as decimal(18, 4)) as cancellations,
    cast(events.gross_sales - events.discounts - events.returns - events.cancellations as decimal(18, 4)) as net_revenue,
    cast(events.shipping as decimal(18, 4)) as shipping_revenue,
    cast(events.taxes as decimal(18, 4)) as taxes,
    cast(events.gift_cards as decimal(18, 4)) as gift_cards,
    cast(events.adjustments as decimal(18, 4)) as adjustments,
    cast(
        events.gross_sales - events.discounts - events.returns - events.cancellations
        + events.shipping + events.taxes + events.gift_cards + events.adjustments as decimal(18, 4)
    ) as booked_amount
from events
left join orders on events.order_key = orders.order_key
