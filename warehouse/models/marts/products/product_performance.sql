-- Class and rank are of the month; the name and the category are today's, so that a renamed product stays one, the price is the month's last.
with performed as (
    select
        *,
        {{ to_utc("cast(month_start + interval '1 month' as timestamp)", var('timezone')) }} - interval '1 microsecond' as month_ends_at
    from {{ ref('int_products__performed') }}
),

products as (
    select * from {{ ref('dim_products') }}
    where is_current
),

demand as (
    select * from {{ ref('int_products__demand') }}
),

ranked as (
    select
        *,
        sum(greatest(net_revenue, 0)) over (
            partition by month_start order by net_revenue desc, product_key asc
            rows between unbounded preceding and current row
        ) - greatest(net_revenue, 0) as revenue_before,
        sum(greatest(net_revenue, 0)) over (partition by month_start) as revenue_total
    from performed
)

select
    ranked.product_key,
    ranked.month_start,
    products.product_id,
    products.name as product_name,
    products.category,
    prices.list_price,
    prices.currency as list_price_currency,
    cast(ranked.units as decimal(18, 4)) as units,
    cast(ranked.net_units as decimal(18, 4)) as net_units,
    ranked.orders,
    ranked.distinct_customers,
    cast(ranked.gross_sales as decimal(18, 4)) as gross_sales,
    cast(ranked.discounts as decimal(18, 4)) as discounts,
    cast(ranked.returns as decimal(18, 4)) as returns,
    cast(ranked.net_revenue as decimal(18, 4)) as net_revenue,
    case
        when ranked.net_revenue <= 0 then 'C'
        -- before the product: so class A is never empty when one product has more than four fifths
        when ranked.revenue_before < ranked.revenue_total * 0.80 then 'A'
        when ranked.revenue_before < ranked.revenue_total * 0.95 then 'B'
        else 'C'
    end as abc_class,
    demand.xyz_class,
    rank() over (
        partition by ranked.month_start, coalesce(products.category, '') order by ranked.net_revenue desc, ranked.product_key asc
    ) as rank_in_category
from ranked
left join products on ranked.product_key = products.product_key
{{ as_of('dim_products', 'ranked.product_key', 'ranked.month_ends_at', 'prices') }}
left join demand on ranked.product_key = demand.product_key and ranked.month_start = demand.month_start
