-- every currency and day at which a fact of an order asks for a rate
select
    order_key,
    currency,
    {{ local_date('ordered_at') }} as rate_date
from {{ ref('int_orders__current') }}

union all

select
    order_key,
    currency,
    {{ local_date('attempted_at') }} as rate_date
from {{ ref('int_payments__current') }}

union all

select
    order_key,
    currency,
    {{ local_date('refunded_at') }} as rate_date
from {{ ref('int_refunds__current') }}
