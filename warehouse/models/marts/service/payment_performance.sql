-- Attempts and orders are counted apart: an order that was paid at the second try is one order, two attempts, one recovery.
select
    business_date,
    coalesce(provider, 'unknown') as provider,
    coalesce(method, 'unknown') as method,
    country,

    -- attempts, on the day of the attempt
    {%- for event in ['captured', 'failed', 'pending', 'voided', 'chargeback'] %}
    count(case when event = '{{ event }}' then 1 end) as {{ event }},
    cast(sum(case when event = '{{ event }}' then amount else 0 end) as decimal(18, 4)) as {{ event }}_amount,
    {%- endfor %}
    count(case when event not in ('refund', 'order') then 1 end) as attempts,

    -- refunds, on the day of the refund
    count(case when event = 'refund' then 1 end) as refunds,
    cast(sum(case when event = 'refund' then amount else 0 end) as decimal(18, 4)) as refunded_amount,

    -- orders, on the day of the order, under their first attempt
    count(case when event = 'order' then 1 end) as orders_with_attempt,
    count(case when event = 'order' and has_failure then 1 end) as orders_with_failure,
    count(case when event = 'order' and has_failure and has_success then 1 end) as orders_recovered,
    count(case when event = 'order' and is_never_paid then 1 end) as orders_never_paid,
    count(case when difference <> 0 then 1 end) as unreconciled_orders,
    cast(coalesce(sum(abs(difference)), 0) as decimal(18, 4)) as unreconciled_amount
from {{ ref('int_payments__events') }}
group by all
