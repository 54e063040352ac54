{# The version of a member that was valid at a moment; every event has exactly one, see `dimension`. #}
{% macro as_of(dimension, key, at, alias) -%}
    left join {{ ref(dimension) }} as {{ alias }}
        on {{ key }} = {{ alias }}.{{ dimension_key(dimension) }}
        and {{ at }} >= {{ alias }}.valid_from
        and {{ at }} < coalesce({{ alias }}.valid_to, timestamp '9999-12-31')
{%- endmacro %}

{% macro dimension_key(dimension) -%}
    {{ return({'dim_customers': 'customer_key', 'dim_products': 'product_key', 'dim_resellers': 'reseller_key'}[dimension]) }}
{%- endmacro %}


{#
    A SCD Type 2 dimension from the replayed history: its versions, the first of them back-dated to the member's first event; an inferred
    member for each key that facts name and history does not know; the unknown member '-1' for facts that name none.
    A version is named by its key and the time it was first observed, which back-dating does not move.
#}
{% macro dimension(entity, singular, kind='registered', inferred_attributes={}) -%}
{%- set id = singular ~ '_id' -%}
{%- set key = singular ~ '_key' -%}
{%- set attributes = entity_columns(entity).keys() | reject('equalto', id) | list -%}
{%- set types = entity_columns(entity) -%}
with history as (
    select * from {{ ref(entity ~ '_history') }}
    where {{ touched_only(key, key) }}
),

first_seen as (
    select * from {{ ref('int_' ~ entity ~ '__first_seen') }}
    where {{ touched_only(key, key) }}
),

known as (
    select
        {{ version_key('history.' ~ key, 'history.observed_from') }} as {{ singular }}_sk,
        history.{{ key }},
        history.source_name,
        history.{{ id }},
        '{{ kind }}' as member_kind,
        {%- for name in attributes %}
        history.{{ name }},
        {%- endfor %}
        history.is_deleted,
        history.observed_from,
        case
            when history.version_number = 1 then least(history.observed_from, coalesce(first_seen.first_event_at, history.observed_from))
            else history.observed_from
        end as valid_from,
        history.valid_to,
        history.valid_to is null as is_current,
        history.version_number,
        history.recorded_at
    from history
    left join first_seen on history.{{ key }} = first_seen.{{ key }}
),

inferred as (
    select
        md5(first_seen.{{ key }}) as {{ singular }}_sk,
        first_seen.{{ key }},
        first_seen.source_name,
        first_seen.{{ id }},
        case when first_seen.{{ key }} like 'guest:%' then 'guest' else 'inferred' end as member_kind,
        {%- for name in attributes %}
        {% if name in inferred_attributes %}{{ inferred_attributes[name] }}{% else %}cast(null as {{ types[name] }}){% endif %} as {{ name }},
        {%- endfor %}
        false as is_deleted,
        cast(null as timestamp) as observed_from,
        first_seen.first_event_at as valid_from,
        cast(null as timestamp) as valid_to,
        true as is_current,
        1 as version_number,
        first_seen.recorded_at
    from first_seen
    where first_seen.{{ key }} not in (select {{ key }} from history)
),

unknown as (
    select
        '-1' as {{ singular }}_sk,
        cast(null as varchar) as {{ key }},
        cast(null as varchar) as source_name,
        cast(null as varchar) as {{ id }},
        'unknown' as member_kind,
        {%- for name in attributes %}
        cast({{ {'country': "'ZZ'", 'is_test': 'false'}.get(name, 'null') }} as {{ types[name] }}) as {{ name }},
        {%- endfor %}
        false as is_deleted,
        cast(null as timestamp) as observed_from,
        timestamp '1900-01-01' as valid_from,
        cast(null as timestamp) as valid_to,
        true as is_current,
        1 as version_number,
        cast(null as timestamp) as recorded_at
),

members as (
    select * from known
    union all
    select * from inferred
    {%- if not is_incremental() %}
    union all
    select * from unknown
    {%- endif %}
)

select * from members
{%- endmacro %}


{# Name of a version: hash of its member and of the microsecond it was first observed. #}
{% macro version_key(key, at) -%}
    {{ return(adapter.dispatch('version_key', 'fondaco')(key, at)) }}
{%- endmacro %}

{% macro duckdb__version_key(key, at) -%}
    md5({{ key }} || '|' || epoch_us({{ at }}))
{%- endmacro %}

{% macro snowflake__version_key(key, at) -%}
    md5({{ key }} || '|' || date_part(epoch_microsecond, {{ at }}))
{%- endmacro %}
