{{ config(materialized='table') }}

-- The days on which the lake learnt something of an order of this build that may change what it books: until the next one, it was known so.
{%- set parts = {'order_items': 'order_item_key', 'refunds': 'refund_key'} %}
with learnt as (
    select
        order_key,
        known_date
    from {{ ref('int_orders__recorded') }}
    {%- for entity, key in parts.items() %}
    union all
    -- a line or a refund concerns the order that it belongs to, and the one that it belonged to
    select
        case when sides.step = 0 then moved.order_key else moved.order_key_before end as order_key,
        moved.known_date
    from (
        select
            order_key,
            known_date,
            lag(order_key) over (partition by {{ key }} order by known_date) as order_key_before
        from {{ ref('int_' ~ entity ~ '__recorded') }}
        where
            {{ key }} in (
                select {{ key }} from {{ ref('int_' ~ entity ~ '__recorded') }}
                where {{ of_this_build() }}
            )
    ) as moved
    cross join {{ steps(0, 1) }} as sides
    {%- endfor %}
),

first_learnt as (
    select
        order_key,
        min(known_date) as known_date
    from learnt
    group by order_key
),

-- a rate serves its day and, until the next one, a few days more
by_rate as (
    select
        asked.order_key,
        rates.known_date
    from {{ ref('int_orders__rates_asked') }} as asked
    inner join {{ ref('int_exchange_rates__served') }} as rates on asked.currency = rates.currency and asked.rate_date = rates.rate_date
    where {{ of_this_build('asked.order_key') }}
),

by_customer as (
    select
        orders.order_key,
        customers.known_date
    from {{ ref('int_orders__recorded') }} as orders
    inner join {{ ref('int_customers__testers') }} as customers on orders.customer_key = customers.customer_key
    where {{ of_this_build('orders.order_key') }}
),

days as (
    select * from learnt
    where {{ of_this_build() }}
    union
    select changed.*
    from (
        select * from by_rate
        union all
        select * from by_customer
    ) as changed
    inner join first_learnt on changed.order_key = first_learnt.order_key and changed.known_date > first_learnt.known_date
)

select
    order_key,
    known_date,
    lead(known_date) over (partition by order_key order by known_date) as known_until
from days
{{ '' if is_remembered() else 'where false' }}
