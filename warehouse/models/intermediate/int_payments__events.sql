{{ config(materialized='incremental', incremental_strategy='replace_touched', meta={'renewed': 'int_payments__renewed'}) }}

-- depends_on: {{ ref('int_payments__renewed') }}

-- what payment_performance counts, each on its own day: attempts on theirs, refunds on theirs under the order's method, orders on theirs under
-- the method of their first attempt; an order without a known attempt is no matter of payments
with bounds as (
    select * from {{ ref('int_ledger__last_day') }}
),

refunds as (
    select
        refunds.refund_key,
        refunds.order_key,
        refunds.country,
        refunds.refunded_date,
        sum(refunds.goods_amount + refunds.shipping_amount + refunds.tax_amount) as amount
    from {{ ref('fact_refunds') }} as refunds
    where refunds.is_booked and {{ touched_only('refunds.order_key') }}
    group by all
)

select
    payments.order_key,
    payments.attempted_date as business_date,
    payments.provider,
    payments.method,
    payments.country,
    case
        when {{ has_failed('payments') }} then 'failed'
        when payments.status = 'pending' then 'pending'
        else payments.status
    end as event,
    payments.amount,
    cast(null as decimal(18, 4)) as difference,
    false as has_failure,
    false as has_success,
    false as is_never_paid
from {{ ref('fact_payments') }} as payments
cross join bounds
where not payments.is_test and {{ touched_only('payments.order_key') }}

union all

select
    refunds.order_key,
    refunds.refunded_date as business_date,
    orders.payment_provider as provider,
    orders.payment_method as method,
    refunds.country,
    'refund' as event,
    refunds.amount,
    cast(null as decimal(18, 4)) as difference,
    false as has_failure,
    false as has_success,
    false as is_never_paid
from refunds
inner join {{ ref('fact_orders') }} as orders on refunds.order_key = orders.order_key
where orders.payment_attempts > 0

union all

select
    payments.order_key,
    orders.ordered_date as business_date,
    payments.provider,
    payments.method,
    orders.country,
    'order' as event,
    cast(0 as decimal(18, 4)) as amount,
    booked.payment_difference as difference,
    payments.has_failure,
    payments.has_success,
    payments.is_never_paid
from {{ ref('int_payments__by_order') }} as payments
inner join {{ ref('fact_orders') }} as orders on payments.order_key = orders.order_key
left join {{ ref('orders') }} as booked on payments.order_key = booked.order_key
