{{ config(materialized='table') }}

-- Orders of this build as they were known before the last day on which something was learnt of them; `order_key` names order and day.
with states as (
    select
        *,
        order_key || '@' || known_date as state_key
    from {{ ref('int_orders__states') }}
    where known_until is not null
),

known as (
    select
        states.state_key,
        states.known_date,
        states.known_until,
        orders.*
        exclude (known_date, known_until, is_test, state, is_deleted, observed_at),
        orders.state as status,
        orders.is_test as is_marked,
        {{ local_date('orders.ordered_at') }} as ordered_date
    from states
    inner join {{ ref('int_orders__recorded') }} as orders
        on
            states.order_key = orders.order_key
            and states.known_date >= orders.known_date
            and states.known_date < coalesce(orders.known_until, date '9999-12-31')
    where not orders.is_deleted
),

-- the version of the customer that was valid when the order was placed; the first one reaches back
testers as (
    select
        known.state_key,
        coalesce(
            max_by(customers.is_test, case when customers.observed_at <= known.ordered_at then customers.observed_at end),
            min_by(customers.is_test, customers.observed_at)
        ) as is_test
    from known
    inner join {{ ref('int_customers__testers') }} as customers
        on known.customer_key = customers.customer_key and known.known_date >= customers.known_date
    group by known.state_key
),

judged as (
    select
        known.* exclude (state_key, order_key, is_marked),
        known.state_key as order_key,
        known.order_key as known_order_key,
        known.is_marked or coalesce(testers.is_test, false) as is_test,
        case when known.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 8)) else rates.rate end as exchange_rate
    from known
    left join testers on known.state_key = testers.state_key
    left join {{ ref('int_exchange_rates__known') }} as rates
        on
            known.order_key = rates.order_key
            and known.known_date = rates.known_date
            and known.currency = rates.currency
            and known.ordered_date = rates.rate_date
)

select
    *,
    {{ order_flags() }},
    -- who bought and sold is no matter of the books
    cast(null as timestamp) as updated_at,
    cast(null as varchar) as reseller_key,
    '-1' as reseller_sk,
    '-1' as customer_sk
from judged
