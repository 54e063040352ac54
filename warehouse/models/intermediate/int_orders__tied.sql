{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

-- What each order booked beside what was paid for it and paid back, in the reporting currency: booked plus what does not tie is captured less
-- paid back. Kept by order: all of it changes with the order's facts alone.
with moved as (
    select
        order_key,
        min(event_date) as first_date,
        any_value(country) as country,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(cancellations) as cancellations,
        sum(net_revenue) as net_revenue,
        sum(shipping_revenue) as shipping_revenue,
        sum(taxes) as taxes,
        sum(gift_cards) as gift_cards,
        sum(adjustments) as adjustments,
        sum(booked_amount) as booked_amount,
        0 as captured_amount,
        0 as paid_back_amount
    from {{ ref('fact_sales_ledger') }}
    where {{ touched_only() }}
    group by order_key
    union all by name
    select
        order_key,
        min(attempted_date) as first_date,
        any_value(country) as country,
        sum(case when status = 'captured' then amount else 0 end) as captured_amount
    from {{ ref('fact_payments') }}
    where not is_test and {{ touched_only() }}
    group by order_key
    union all by name
    select
        order_key,
        min(refunded_date) as first_date,
        any_value(country) as country,
        sum(goods_amount + shipping_amount + tax_amount) as paid_back_amount
    from {{ ref('fact_refunds') }}
    where is_booked and {{ touched_only() }}
    group by order_key
)

select
    moved.order_key,
    coalesce(any_value(orders.ordered_date), min(moved.first_date)) as ordered_date,
    coalesce(any_value(orders.country), any_value(moved.country), 'ZZ') as country,
    any_value(orders.status) as status,
    coalesce(any_value(orders.is_booked), false) as is_booked,
    coalesce(any_value(orders.is_valid), false) as is_valid,
    coalesce(any_value(orders.line_count), 0) as line_count,
    {%- for measure in [
        'gross_sales', 'discounts', 'returns', 'cancellations', 'net_revenue', 'shipping_revenue', 'taxes', 'gift_cards', 'adjustments',
        'booked_amount', 'captured_amount',
    ] %}
    cast(coalesce(sum(moved.{{ measure }}), 0) as decimal(18, 4)) as {{ measure }},
    {%- endfor %}
    cast(coalesce(sum(moved.paid_back_amount), 0) as decimal(18, 4)) as paid_back_amount
from moved
left join {{ ref('fact_orders') }} as orders on moved.order_key = orders.order_key
group by moved.order_key
