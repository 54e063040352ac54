-- Attempts and orders are counted apart: an order that was paid at the second try is one order, two attempts, one recovery.
select
    business_date,
    coalesce(provider, 'unknown') as provider,
    coalesce(method, 'unknown') as method,
    country,

    -- attempts, on the day of the attempt
    {%- for event in ['captured', 'failed', 'pending', 'voided', 'chargeback'] %}
    count(*) filter (where event = '{{ event }}') as {{ event }},
    cast(sum(case when event = '{{ event }}' then amount else 0 end) as decimal(18, 4)) as {{ event }}_amount,
    {%- endfor %}
    count(*) filter (where event not in ('refund', 'order')) as attempts,

    -- refunds, on the day of the refund
    count(*) filter (where event = 'refund') as refunds,
    cast(sum(case when event = 'refund' then amount else 0 end) as decimal(18, 4)) as refunded_amount,

    -- orders, on the day of the order, under their first attempt
    count(*) filter (where event = 'order') as orders_with_attempt,
    count(*) filter (where event = 'order' and has_failure) as orders_with_failure,
    count(*) filter (where event = 'order' and has_failure and has_success) as orders_recovered,
    count(*) filter (where event = 'order' and is_never_paid) as orders_never_paid,
    count(*) filter (where difference <> 0) as unreconciled_orders,
    cast(coalesce(sum(abs(difference)), 0) as decimal(18, 4)) as unreconciled_amount
from {{ ref('int_payments__events') }}
group by all
