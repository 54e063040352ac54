-- the attempts to pay each order of this build, brought to its grain: its method is that of the largest captured amount, ties to the first
select
    order_key,
    count(*) as payment_attempts,
    count(case when status = 'failed' then 1 end) as failed_attempts,
    sum(case when status = 'captured' then amount else 0 end) as captured_amount,
    {{ text_of_first('method', 'amount desc, attempt_number', "status = 'captured'") }} as payment_method,
    {{ text_of_first('provider', 'amount desc, attempt_number', "status = 'captured'") }} as payment_provider,
    min(case when status = 'captured' then attempted_at end) as paid_at
from {{ ref('fact_payments') }}
where {{ of_this_build() }}
group by order_key
