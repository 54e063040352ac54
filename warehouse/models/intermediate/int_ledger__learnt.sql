{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

-- depends_on: {{ ref('int_ledger__touched') }}

-- What the lake learnt of an order on a day, as differences of daily_sales: what the order comes to from then on, less what it came to until then.
with stood as (
    select * from {{ ref('int_ledger__stood') }}
    where {{ touched_only() }}
),

changes as (
    select
        order_key,
        known_date,
        change
    from {{ ref('int_orders__learnt') }}
),

differences as (
    {{ differences('stood', 'known_date', 1) }}
    union all
    {{ differences('stood', 'known_until', -1) }}
)

select
    order_key,
    known_date,
    {{ restatement_reason() }} as reason,
    business_date,
    country,
    channel,
    currency,
    {{ restated_sums() }}
from differences
inner join changes using (order_key, known_date)
group by all
having {{ restates_something() }}
