{#
    Joins the state of `relation` that was true at `moment`: the last row of it, of the same source and member, whose `_at` is not later.
    `relation` has one row per source, member and `_at`.
#}
{% macro as_of_state(relation, member, moments, kind='left') -%}
    {{ return(adapter.dispatch('as_of_state', 'fondaco')(relation, member, moments, kind)) }}
{%- endmacro %}

{% macro duckdb__as_of_state(relation, member, moments, kind) -%}
asof {{ kind }} join {{ relation }}
    on {{ moments }}._source = {{ relation }}._source
    and {{ moments }}.{{ member }} = {{ relation }}.{{ member }}
    and {{ moments }}._at >= {{ relation }}._at
{%- endmacro %}

{% macro snowflake__as_of_state(relation, member, moments, kind) -%}
asof join {{ relation }}
    match_condition({{ moments }}._at >= {{ relation }}._at)
    on {{ moments }}._source = {{ relation }}._source and {{ moments }}.{{ member }} = {{ relation }}.{{ member }}
{%- endmacro %}


{#
    `landing_columns` of the state of a member at a moment, put together from the states of its parts then: it changes when any of them does.
    The first part is the member's own.
#}
{% macro as_of_landing_columns(moments, parts, is_deleted) -%}
    {%- set own, others = parts[0], parts[1:] -%}
    {{ moments }}._source as source_name,
    {{ moments }}._at as observed_at,
    {{ is_deleted }} as is_deleted,
    greatest({{ own }}._ingested_at{% for part in others %}, coalesce({{ part }}._ingested_at, {{ own }}._ingested_at){% endfor %}) as recorded_at,
    {{ own }}._batch_id as batch_id,
    {{ own }}._position as batch_position,
    {{ own }}._is_new{% for part in others %} or coalesce({{ part }}._is_new, false){% endfor %} as is_new,
    nullif(concat(coalesce({{ own }}._erased, ''){% for part in others %}, coalesce({{ part }}._erased, ''){% endfor %}), '') as erased_state
{%- endmacro %}
