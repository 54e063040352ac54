-- R, F and M of every customer with a purchase in the window, as of the last day of trade: equal values get equal scores
with as_of_day as (
    select max(event_date) as day from {{ ref('fact_sales_ledger') }}
),

-- purchases on one day are one; one that was refunded in full is none; credit notes lower the value
measured as (
    select
        orders.customer_key,
        cast(min(as_of_day.day - orders.ordered_date) filter (where orders.is_valid) as bigint) as recency_days,
        count(distinct orders.ordered_date) filter (where orders.is_valid) as frequency,
        sum(orders.net_amount) as monetary
    from {{ ref('fact_orders') }} as orders
    cross join as_of_day
    where
        orders.is_revenue
        and orders.customer_key is not null
        and (orders.order_kind = 'credit_note' or orders.refund_status <> 'full')
        and orders.ordered_date > as_of_day.day - {{ var('rfm_window_days') }}
        and orders.ordered_date <= as_of_day.day
    group by orders.customer_key
    having count(*) filter (where orders.is_valid) > 0
)

select
    customer_key,
    recency_days,
    frequency,
    monetary,
    5 - least(4, cast(floor(percent_rank() over (order by recency_days) * 5) as bigint)) as r_score,
    cast(case
        {%- for bound in var('rfm_frequency_bands') %}
        when frequency <= {{ bound }} then {{ loop.index }}
        {%- endfor %}
        else {{ var('rfm_frequency_bands') | length + 1 }}
    end as bigint) as f_score,
    1 + least(4, cast(floor(percent_rank() over (order by monetary) * 5) as bigint)) as m_score
from measured
