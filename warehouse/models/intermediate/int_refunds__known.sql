{{ config(materialized='table') }}

-- The refunds of orders of this build, by line, as they were known on each day of the order's, whether the order itself was known or not.
with states as (
    select
        *,
        order_key || '@' || known_date as state_key
    from {{ ref('int_orders__states') }}
    where known_until is not null
),

stated as (
    select
        refunds.* exclude (order_key, known_date, known_until),
        states.state_key as order_key,
        states.order_key as known_order_key,
        states.known_date
    from {{ ref('int_refunds__recorded') }} as refunds
    inner join states
        on
            refunds.order_key = states.order_key
            and refunds.known_date <= states.known_date
            and coalesce(refunds.known_until, date '9999-12-31') > states.known_date
    where not refunds.is_deleted
),

lines as (
    select * from {{ ref('int_order_items__known') }}
    where item_kind in ('goods', 'gift_card')
),

spread as (
    {{ spread_refunds('stated', 'lines') }}
),

by_line as (
    select
        refunds.order_key,
        refunds.refunded_item_key as order_item_key,
        refunds.refund_key || coalesce('/' || refunds.refunded_item_key, '') as refund_item_key,
        refunds.currency,
        {{ refund_rate('refunds', 'orders', 'rates') }} as exchange_rate,
        {{ refunded_shares('refunds') }},
        refunds.refunded_at
    from spread as refunds
    left join {{ ref('int_orders__known') }} as orders on refunds.order_key = orders.order_key
    left join {{ ref('int_exchange_rates__known') }} as rates
        on
            refunds.known_order_key = rates.order_key and refunds.known_date = rates.known_date and refunds.currency = rates.currency
            and {{ local_date('refunds.refunded_at') }} = rates.rate_date
    union all
    select
        items.order_key,
        items.order_item_key,
        items.order_item_key as refund_item_key,
        items.currency,
        items.exchange_rate,
        {{ credited_shares('items') }},
        items.ordered_at as refunded_at
    from {{ ref('int_order_items__known') }} as items
    where {{ is_credited('items') }}
)

select
    refunds.order_key,
    refunds.order_item_key,
    refunds.refund_item_key,
    cast(null as varchar) as product_key,
    '-1' as product_sk,
    cast(null as varchar) as reseller_key,
    '-1' as reseller_sk,
    '-1' as customer_sk,
    coalesce(items.item_kind, 'goods') as item_kind,
    coalesce(orders.is_booked, true) and {{ is_known_currency('refunds.currency', 'refunds.exchange_rate') }} as is_booked,
    {{ refund_amounts('refunds') }},
    refunds.refunded_at
from by_line as refunds
left join {{ ref('int_orders__known') }} as orders on refunds.order_key = orders.order_key
left join {{ ref('int_order_items__known') }} as items
    on refunds.order_key = items.order_key and refunds.order_item_key = items.order_item_key
