{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

-- One row per order with everything that its facts share: days, rate, members valid at the time, and what counts.
with orders as (
    select * from {{ ref('int_orders__current') }}
    where not is_deleted and {{ touched_only() }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
),

resolved as (
    select
        orders.* exclude (is_test, is_deleted, observed_at),
        {{ local_date('orders.ordered_at') }} as ordered_date,
        {{ local_date('orders.cancelled_at') }} as cancelled_date,
        case when orders.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 8)) else rates.rate end as exchange_rate,
        coalesce(customers.customer_sk, '-1') as customer_sk,
        coalesce(resellers.reseller_sk, '-1') as reseller_sk,
        (
            orders.is_test
            or coalesce(customers.is_test, false)
            or {{ is_test_order('orders.') }}
        ) as is_test
    from orders
    left join rates
        on orders.currency = rates.currency and {{ local_date('orders.ordered_at') }} = rates.rate_date
    {{ as_of('dim_customers', 'orders.customer_key', 'orders.ordered_at', 'customers') }}
    {{ as_of('dim_resellers', 'orders.reseller_key', 'orders.ordered_at', 'resellers') }}
)

select
    *,
    {{ order_flags() }}
from resolved
