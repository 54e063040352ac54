-- By the month of the order: what later came back lowers the month that sold it. A credit note that names no order lowers its own month.
-- Class and rank are of the month.
with sold as (
    select
        product_key,
        cast(date_trunc('month', ordered_date) as date) as month_start,
        sum(quantity) as units,
        count(distinct order_key) as orders,
        count(distinct customer_key) as distinct_customers,
        sum(gross_amount) as gross_sales,
        sum(discount_amount) as discounts
    from {{ ref('fact_order_items') }}
    where is_valid and item_kind = 'goods' and product_key is not null
    group by all
),

returned as (
    select
        product_key,
        cast(date_trunc('month', ordered_date) as date) as month_start,
        sum(quantity) as returned_units,
        sum(goods_amount) as returns
    from {{ ref('fact_refunds') }}
    where is_revenue and item_kind = 'goods' and product_key is not null
    group by all
),

products as (
    select * from {{ ref('dim_products') }}
    where is_current
),

performed as (
    select
        product_key,
        month_start,
        coalesce(sold.units, 0) as units,
        coalesce(sold.units, 0) - coalesce(returned.returned_units, 0) as net_units,
        coalesce(sold.orders, 0) as orders,
        coalesce(sold.distinct_customers, 0) as distinct_customers,
        coalesce(sold.gross_sales, 0) as gross_sales,
        coalesce(sold.discounts, 0) as discounts,
        coalesce(returned.returns, 0) as returns,
        coalesce(sold.gross_sales, 0) - coalesce(sold.discounts, 0) - coalesce(returned.returns, 0) as net_revenue
    from sold
    full outer join returned using (product_key, month_start)
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
    products.list_price,
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
    rank() over (
        partition by ranked.month_start, coalesce(products.category, '') order by ranked.net_revenue desc, ranked.product_key asc
    ) as rank_in_category
from ranked
left join products on ranked.product_key = products.product_key
