-- Additive columns only: rates and averages are ratios of their sums.
with money as (
    select * from {{ ref('int_ledger__summed_daily') }}
),

counts as (
    select * from {{ ref('int_orders__counted_daily') }}
),

traded as (
    select
        business_date,
        country,
        channel,
        customer_type,
        currency
    from money
    union
    select
        business_date,
        country,
        channel,
        customer_type,
        currency
    from counts
),

-- every day has a row: a day without trade one of zeros
cells as (
    select * from traded
    union all
    select
        date_day as business_date,
        'ZZ' as country,
        'none' as channel,
        'unknown' as customer_type,
        '{{ var("currency") }}' as currency
    from {{ ref('dim_date') }}
    where
        date_day between (select min(business_date) from traded) and (select max(business_date) from traded)
        and date_day not in (select business_date from traded)
)

select
    cells.business_date,
    cells.country,
    cells.channel,
    cells.customer_type,
    cells.currency,
    cast(coalesce(money.gross_sales, 0) as decimal(18, 4)) as gross_sales,
    cast(coalesce(money.discounts, 0) as decimal(18, 4)) as discounts,
    cast(coalesce(money.returns, 0) as decimal(18, 4)) as returns,
    cast(coalesce(money.cancellations, 0) as decimal(18, 4)) as cancellations,
    cast(coalesce(money.net_revenue, 0) as decimal(18, 4)) as net_revenue,
    cast(coalesce(money.shipping_revenue, 0) as decimal(18, 4)) as shipping_revenue,
    cast(coalesce(money.taxes, 0) as decimal(18, 4)) as taxes,
    cast(coalesce(money.gift_cards, 0) as decimal(18, 4)) as gift_cards,
    cast(coalesce(money.adjustments, 0) as decimal(18, 4)) as adjustments,
    cast(
        coalesce(money.net_revenue, 0) + coalesce(money.shipping_revenue, 0) + coalesce(money.taxes, 0) as decimal(18, 4)
    ) as total_sales,
    cast(coalesce(counts.units, 0) as decimal(18, 4)) as units,
    coalesce(counts.orders_booked, 0) as orders_booked,
    coalesce(counts.orders, 0) as orders,
    coalesce(counts.new_customers, 0) as new_customers,
    coalesce(counts.orders_with_coupon, 0) as orders_with_coupon,
    coalesce(counts.guest_orders, 0) as guest_orders
from cells
left join money using (business_date, country, channel, customer_type, currency)
left join counts using (business_date, country, channel, customer_type, currency)
