{{ config(materialized='table') }}

-- depends_on: {{ ref('int_orders__touched') }}
-- depends_on: {{ ref('int_orders__current') }}

-- From which day on a build reckons customers anew: what it changes of an order counts from the order's day on, and what was reckoned as of the
-- last day of trade is reckoned as of another one now. An order may have moved in time: both days count.
{%- set orders_before = adapter.get_relation(target.database, 'silver', 'fact_orders') %}
{%- set reckoned_before = adapter.get_relation(target.database, 'intermediate', 'int_customers__scored') %}
{%- set renewed_before = adapter.get_relation(this.database, this.schema, this.identifier) %}
{%- if flags.FULL_REFRESH or not orders_before or not reckoned_before or not renewed_before %}
with days as (
    select date '0001-01-01' as first_day
)
{%- else %}
with days as (
    select min({{ local_date('ordered_at') }}) as first_day from {{ ref('int_orders__current') }}
    where {{ of_this_build() }}
    union all
    select min(ordered_date) as first_day from {{ orders_before }}
    where {{ of_this_build() }}
    union all
    select max(as_of_date) as first_day from {{ reckoned_before }}
    union all
    select first_day from {{ renewed_before }}
    where built_through = {{ built_through() }}
)
{%- endif %}

select
    coalesce(min(first_day), date '0001-01-01') as first_day,
    {{ built_through() }} as built_through
from days
