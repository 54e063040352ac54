{{ config(materialized='table') }}

-- depends_on: {{ ref('int_orders__touched') }}

-- The days of trade of which the last build had learnt something by the orders that this one touches: what it takes back of them is restated there.
{%- set learnt_before = adapter.get_relation(target.database, 'intermediate', 'int_ledger__learnt') %}
select
    business_date,
    {{ built_through() }} as built_through
from (
    {%- if learnt_before and not flags.FULL_REFRESH %}
    select business_date from {{ learnt_before }}
    where {{ of_this_build() }}
    {{- still_touched('business_date') }}
    {%- else %}
    select cast(null as date) as business_date
    where false
    {%- endif %}
)
group by business_date
