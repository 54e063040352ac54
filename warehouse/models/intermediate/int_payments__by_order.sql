-- the attempts of each order of this build by its first one: what came of them as known now; a payment that was given or charged back had been captured
select
    payments.order_key,
    {{ text_of_first('payments.provider', 'payments.attempted_at, payments.payment_key') }} as provider,
    {{ text_of_first('payments.method', 'payments.attempted_at, payments.payment_key') }} as method,
    {{ any_true(has_failed('payments')) }} as has_failure,
    {{ any_true("payments.status in ('captured', 'voided', 'chargeback')") }} as has_success,
    {{ all_true(has_failed('payments')) }} as is_never_paid
from {{ ref('fact_payments') }} as payments
cross join {{ ref('int_ledger__last_day') }} as bounds
where not payments.is_test and {{ of_this_build('payments.order_key', 'int_payments__renewed') }}
group by payments.order_key
