-- Additive columns only: rates and averages are ratios of their sums. Money stands on the day of its event, counts on the day of the order.
with ledger as (
    select
        fact_sales_ledger.*,
        coalesce(fact_orders.customer_type, 'unknown') as customer_type
    from {{ ref('fact_sales_ledger') }} as fact_sales_ledger
    left join {{ ref('fact_orders') }} as fact_orders on fact_sales_ledger.order_key = fact_orders.order_key
),

orders as (
    select * from {{ ref('fact_orders') }}
    where is_booked and order_kind = 'sale'
),

money as (
    select
        event_date as business_date,
        country,
        coalesce(channel, 'unknown') as channel,
        customer_type,
        currency,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(cancellations) as cancellations,
        sum(net_revenue) as net_revenue,
        sum(shipping_revenue) as shipping_revenue,
        sum(taxes) as taxes,
        sum(gift_cards) as gift_cards,
        sum(adjustments) as adjustments
    from ledger
    group by all
),

counts as (
    select
        ordered_date as business_date,
        country,
        coalesce(channel, 'unknown') as channel,
        customer_type,
        currency,
        count(*) as orders_booked,
        count(*) filter (where is_valid) as orders,
        sum(case when is_valid then units else 0 end) as units,
        count(*) filter (where customer_order_number = 1) as new_customers,
        count(*) filter (where is_valid and coupon_code is not null) as orders_with_coupon,
        count(*) filter (where is_valid and is_guest) as guest_orders
    from orders
    group by all
),

-- every day of trade has a row, a day without trade one of zeros
spine as (
    select
        date_day as business_date,
        'ZZ' as country,
        'none' as channel,
        'unknown' as customer_type,
        '{{ var("currency") }}' as currency
    from {{ ref('dim_date') }}
    where
        date_day between (select min(business_date) from money) and (select max(business_date) from money)
        and date_day not in (select business_date from money)
        and date_day not in (select business_date from counts)
),

cells as (
    select business_date, country, channel, customer_type, currency from money
    union
    select business_date, country, channel, customer_type, currency from counts
    union
    select business_date, country, channel, customer_type, currency from spine
)

select
    cells.business_date,
    cells.country,
    cells.channel,
    cells.customer_type,
    cells.currency,
    {% for name in ['gross_sales', 'discounts', 'returns', 'cancellations', 'net_revenue', 'shipping_revenue', 'taxes', 'gift_cards', 'adjustments'] -%}
    cast(coalesce(money.{{ name }}, 0) as decimal(18, 4)) as {{ name }},
    {% endfor -%}
    cast(
        coalesce(money.net_revenue, 0) + coalesce(money.shipping_revenue, 0) + coalesce(money.taxes, 0) as decimal(18, 4)
    ) as total_sales,
    cast(coalesce(counts.units, 0) as decimal(18, 4)) as units,
    {% for name in ['orders_booked', 'orders', 'new_customers', 'orders_with_coupon', 'guest_orders'] -%}
    cast(coalesce(counts.{{ name }}, 0) as bigint) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from cells
left join money using (business_date, country, channel, customer_type, currency)
left join counts using (business_date, country, channel, customer_type, currency)
