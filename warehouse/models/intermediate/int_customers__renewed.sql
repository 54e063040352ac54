{{ config(materialized='table') }}

-- depends_on: {{ ref('int_customers__concerned') }}

-- The customers whose months a build computes anew: those that it concerns, and all of them when another month is the last one of trade.
{%- set months_before = adapter.get_relation(target.database, 'silver', 'fact_customers') %}
with months as (
    select max(event_date) as last_day from {{ ref('fact_sales_ledger') }}
    where customer_key is not null
    union all
    select max(ordered_date) as last_day from {{ ref('fact_orders') }}
    where customer_key is not null and is_valid
),

bounds as (
    select cast(date_trunc('month', max(last_day)) as date) as last_month from months
),

renewed as (
    {%- if flags.FULL_REFRESH or not months_before %}
    select customer_key from {{ ref('fact_sales_ledger') }}
    union
    select customer_key from {{ ref('fact_orders') }}
    {%- else %}
    select customer_key from {{ ref('int_customers__concerned') }}
    union
    select customer_key from {{ months_before }}
    where (select last_month from bounds) is distinct from (select max(month_start) from {{ months_before }})
    {{- still_touched('customer_key') }}
    {%- endif %}
)

select
    renewed.customer_key,
    bounds.last_month,
    {{ built_through() }} as built_through
from renewed
cross join bounds
where renewed.customer_key is not null
