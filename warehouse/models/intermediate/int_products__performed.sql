-- By the month of the order: what later came back lowers the month that sold it. A credit note that names no order lowers its own month.
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
)

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
