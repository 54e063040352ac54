-- what the lake learnt, and when, of customers who were ever marked as tests: it decides whether their orders count
select
    customer_key,
    observed_at,
    {{ local_date('recorded_at') }} as known_date,
    coalesce(is_test, false) as is_test
from {{ ref('int_customers__observed') }}
where
    customer_key in (
        select customer_key from {{ ref('int_customers__observed') }}
        where is_test
    )
