-- coupons are known by the orders that carry them; a code that only test orders carry is the shop's own test
select
    coupon_code,
    min(ordered_date) as first_ordered_date,
    max(ordered_date) as last_ordered_date,
    {{ all_true('is_test') }} as is_test
from {{ ref('fact_orders') }}
where coupon_code <> ''
group by coupon_code
