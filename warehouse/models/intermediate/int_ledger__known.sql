{{ config(materialized='table') }}

-- What orders of this build booked by all that was known on each day of theirs: the days before the last one from what was known then, the last
-- one from the ledger as it stands. One row per order, day, entry's kind and cell of daily_sales.
with sales as (
    {{ sales_entries(ref('int_order_items__known'), ref('int_orders__known')) }}
),

refunds as (
    {{ refund_entries(ref('int_refunds__known')) }}
),

cancellations as (
    {{ cancellation_entries(ref('int_orders__known'), 'sales', 'refunds') }}
),

entries as (
    select * from sales
    union all
    select * from refunds
    union all
    select * from cancellations
),

before as (
    select
        states.order_key,
        states.known_date,
        states.known_until,
        entries.event_type,
        {{ local_date('entries.event_at') }} as event_date,
        orders.ordered_date,
        coalesce(orders.country, 'ZZ') as country,
        coalesce(orders.channel, 'unknown') as channel,
        coalesce(orders.currency, 'XXX') as currency,
        coalesce(orders.is_valid, false) as is_valid,
        entries.gross_sales,
        entries.discounts,
        entries.returns,
        entries.cancellations,
        entries.shipping as shipping_revenue,
        entries.taxes,
        entries.gift_cards,
        entries.adjustments
    from entries
    inner join {{ ref('int_orders__states') }} as states on entries.order_key = states.order_key || '@' || states.known_date
    left join {{ ref('int_orders__known') }} as orders on entries.order_key = orders.order_key
),

now as (
    select
        states.order_key,
        states.known_date,
        states.known_until,
        ledger.event_type,
        ledger.event_date,
        ledger.ordered_date,
        ledger.country,
        coalesce(ledger.channel, 'unknown') as channel,
        ledger.currency,
        coalesce(ledger.is_valid, false) as is_valid,
        ledger.gross_sales,
        ledger.discounts,
        ledger.returns,
        ledger.cancellations,
        ledger.shipping_revenue,
        ledger.taxes,
        ledger.gift_cards,
        ledger.adjustments
    from {{ ref('fact_sales_ledger') }} as ledger
    inner join {{ ref('int_orders__states') }} as states on ledger.order_key = states.order_key and states.known_until is null
)

select * from before
union all
select * from now
