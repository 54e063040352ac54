-- only months that are over; by what is known now, so an order that is cancelled or refunded later changes the months before, too
select
    scored.customer_key,
    scored.as_of_date as month_end,
    coalesce(customers.country, 'ZZ') as country,
    scored.recency_days,
    scored.frequency,
    scored.monetary,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    scored.rfm_segment,
    lag(scored.rfm_segment) over (partition by scored.customer_key order by scored.as_of_date) as previous_segment
from {{ ref('int_customers__scored') }} as scored
inner join {{ ref('int_ledger__last_day') }} as bounds on scored.as_of_date < bounds.last_day
left join {{ ref('dim_customers') }} as customers
    on scored.customer_key = customers.customer_key and customers.is_current
