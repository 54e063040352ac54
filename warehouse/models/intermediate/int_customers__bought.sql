{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='customer_key') }}

-- The orders of each customer, brought to its grain: counts are of valid orders, money takes credit notes in.
with orders as (
    select * from {{ ref('fact_orders') }}
    where customer_key is not null and {{ touched_only('customer_key', 'customer_key') }}
),

by_channel as (
    select
        customer_key,
        coalesce(channel, 'unknown') as channel,
        count(*) as orders
    from orders
    where is_valid
    group by all
),

favourites as (
    select
        customer_key,
        channel as favourite_channel
    from by_channel
    qualify row_number() over (partition by customer_key order by orders desc, channel asc) = 1
)

select
    orders.customer_key,
    any_value(favourites.favourite_channel) as favourite_channel,
    {{ all_true('orders.is_test') }} as is_test_only,
    min(case when orders.is_valid then orders.ordered_date end) as first_order_date,
    min(case when orders.customer_order_number = 2 then orders.ordered_date end) as second_order_date,
    max(case when orders.is_valid then orders.ordered_date end) as last_order_date,
    count(case when orders.is_valid then 1 end) as orders,
    sum(case when orders.is_valid then orders.units else 0 end) as units,
    sum(case when orders.is_revenue then orders.gross_amount - orders.discount_amount else 0 end) as revenue_before_returns,
    sum(case when orders.is_revenue then orders.refunded_amount else 0 end) as refunded_amount,
    sum(case when orders.is_revenue then orders.net_amount else 0 end) as net_revenue,
    count(case when orders.is_valid and orders.coupon_code is not null then 1 end) as orders_with_coupon,
    count(case when orders.is_valid and orders.refund_status <> 'none' then 1 end) as orders_with_refund
from orders
left join favourites on orders.customer_key = favourites.customer_key
group by orders.customer_key
