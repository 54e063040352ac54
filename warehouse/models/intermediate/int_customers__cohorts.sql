-- the cohort of each customer with a valid order: the month of the first one, and who they are now
select
    bought.customer_key,
    cast(date_trunc('month', bought.first_order_date) as date) as cohort_month,
    coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
    coalesce(customers.country, 'ZZ') as country
from {{ ref('int_customers__bought') }} as bought
left join {{ ref('dim_customers') }} as customers
    on bought.customer_key = customers.customer_key and customers.is_current
where bought.orders > 0
