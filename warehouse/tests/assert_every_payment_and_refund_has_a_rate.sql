-- The same for what is not in its order's currency.
select distinct
    'payment' as event,
    currency,
    attempted_date as rate_date
from {{ ref('fact_payments') }}
where exchange_rate is null and {{ is_currency('currency') }}
union all
select distinct
    'refund' as event,
    currency,
    refunded_date as rate_date
from {{ ref('fact_refunds') }}
where exchange_rate is null and {{ is_currency('currency') }}
