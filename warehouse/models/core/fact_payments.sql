{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with payments as (
    select * from {{ ref('int_payments__current') }}
    where not is_deleted and {{ touched_only() }}
),

orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ touched_only() }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
),

converted as (
    select
        payments.*,
        orders.customer_key,
        orders.channel,
        orders.country,
        coalesce(orders.is_test, false) as is_test,
        case
            when payments.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 8))
            when payments.currency = orders.currency then orders.exchange_rate
            else rates.rate
        end as exchange_rate
    from payments
    left join orders on payments.order_key = orders.order_key
    left join rates
        on payments.currency = rates.currency and {{ local_date('payments.attempted_at') }} = rates.rate_date
)

select
    -- ids
    converted.payment_key,
    converted.order_key,
    converted.source_name,
    converted.payment_id,
    converted.order_id,
    converted.attempt_number,

    -- members, as they were when the attempt was made
    converted.customer_key,
    coalesce(customers.customer_sk, '-1') as customer_sk,

    -- what it is
    converted.provider,
    converted.method,
    converted.status,
    converted.channel,
    coalesce(converted.country, 'ZZ') as country,
    converted.is_test,

    -- amounts
    converted.currency,
    converted.exchange_rate,
    converted.amount as amount_txn,
    {{ amount('converted.amount * converted.exchange_rate') }} as amount,

    -- times
    converted.attempted_at,
    {{ local_date('converted.attempted_at') }} as attempted_date
from converted
{{ as_of('dim_customers', 'converted.customer_key', 'converted.attempted_at', 'customers') }}
