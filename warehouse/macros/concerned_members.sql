{#
    The members that a build computes anew: those that changed, and those that a touched order names, or named when the last build left
    the facts, whose first event may have moved. All of them on the first build.

    named_in: the current rows that name members, by order_key; facts: the facts that do, as tables of silver.
#}
{% macro concerned_members(entity, key, named_in, facts) -%}
{%- set all_anew = namespace(value=flags.FULL_REFRESH) -%}
{%- for fact in facts if not adapter.get_relation(target.database, 'silver', fact) -%}
    {%- set all_anew.value = true -%}
{%- endfor -%}
with concerned as (
    select {{ key }} from {{ ref('int_' ~ entity ~ '__touched') }}
    {%- for model in named_in %}
    union
    select {{ key }} from {{ ref(model) }}
    {%- if not all_anew.value %}
    where {{ of_this_build() }}
    {%- endif %}
    {%- endfor %}
    {%- if all_anew.value %}
    union
    select {{ key }} from {{ ref('int_' ~ entity ~ '__observed') }}
    {%- set first_seen = adapter.get_relation(target.database, 'intermediate', 'int_' ~ entity ~ '__first_seen') %}
    {%- if first_seen %}
    union
    select {{ key }} from {{ first_seen }}
    {%- endif %}
    {%- else %}
    {%- for fact in facts %}
    union
    select {{ key }} from {{ adapter.get_relation(target.database, 'silver', fact) }}
    where {{ of_this_build() }}
    {%- endfor %}
    {{- still_touched(key) }}
    {%- endif %}
)

select
    {{ key }},
    {{ built_through() }} as built_through
from concerned
where {{ key }} is not null
-- depends_on: {{ ref('int_' ~ entity ~ '__observed') }}
-- depends_on: {{ ref('int_orders__touched') }}
{%- endmacro %}
