-- counts stand on the day of the order
select
    ordered_date as business_date,
    country,
    coalesce(channel, 'unknown') as channel,
    customer_type,
    currency,
    count(*) as orders_booked,
    count(case when is_valid then 1 end) as orders,
    sum(case when is_valid then units else 0 end) as units,
    count(case when customer_order_number = 1 then 1 end) as new_customers,
    count(case when is_valid and coupon_code is not null then 1 end) as orders_with_coupon,
    count(case when is_valid and is_guest then 1 end) as guest_orders
from {{ ref('fact_orders') }}
where is_booked and order_kind = 'sale'
group by all
