-- counts stand on the day of the order
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
from {{ ref('fact_orders') }}
where is_booked and order_kind = 'sale'
group by all
