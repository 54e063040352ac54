-- By the month of the order, as orders stand now. What a coupon brought is not what it caused: nobody knows who had bought without it.
with orders as (
    select
        orders.*,
        cast(date_trunc('month', orders.ordered_date) as date) as month_start,
        {{ amount('resolved.discount_amount * resolved.exchange_rate') }} as coupon_discount
    from {{ ref('fact_orders') }} as orders
    inner join {{ ref('int_orders__resolved') }} as resolved on orders.order_key = resolved.order_key
    where orders.is_booked and orders.order_kind = 'sale'
),

months as (
    select
        month_start,
        count(case when is_valid then 1 end) as orders_of_month
    from orders
    group by month_start
)

select
    orders.coupon_code,
    orders.month_start,
    count(*) as orders_booked,
    count(case when orders.is_valid then 1 end) as orders,
    any_value(months.orders_of_month) as orders_of_month,
    count(case when orders.customer_type = 'new' then 1 end) as new_customers,
    count(case when orders.customer_type = 'returning' then 1 end) as orders_of_returning,
    cast(sum(case when orders.is_valid then orders.units else 0 end) as decimal(18, 4)) as units,
    cast(sum(case when orders.is_valid then orders.gross_amount else 0 end) as decimal(18, 4)) as gross_sales,
    cast(sum(case when orders.is_valid then orders.discount_amount else 0 end) as decimal(18, 4)) as discounts,
    cast(sum(case when orders.is_valid then orders.coupon_discount else 0 end) as decimal(18, 4)) as coupon_discounts,
    cast(sum(case when orders.is_valid then orders.refunded_amount else 0 end) as decimal(18, 4)) as returns,
    cast(sum(case when orders.is_valid then orders.net_amount else 0 end) as decimal(18, 4)) as net_revenue
from orders
inner join months on orders.month_start = months.month_start
where orders.coupon_code <> ''
group by orders.coupon_code, orders.month_start
