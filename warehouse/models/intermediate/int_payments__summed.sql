-- the attempts to pay each order of this build, brought to its grain: its method is that of the largest captured amount, ties to the first
select
    order_key,
    count(*) as payment_attempts,
    count(*) filter (where status = 'failed') as failed_attempts,
    sum(case when status = 'captured' then amount else 0 end) as captured_amount,
    max_by(method, (amount, -attempt_number)) filter (where status = 'captured') as payment_method,
    max_by(provider, (amount, -attempt_number)) filter (where status = 'captured') as payment_provider,
    min(attempted_at) filter (where status = 'captured') as paid_at
from {{ ref('fact_payments') }}
where {{ of_this_build() }}
group by order_key
