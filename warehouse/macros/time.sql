{# Time is stored as UTC without a zone; days are the shop's. Both conversions know daylight saving. #}

{% macro to_utc(column, zone) -%}
    {{ return(adapter.dispatch('to_utc', 'fondaco')(column, zone)) }}
{%- endmacro %}

{% macro duckdb__to_utc(column, zone) -%}
    {% if zone == 'UTC' %}{{ column }}{% else %}timezone('UTC', timezone('{{ zone }}', {{ column }})){% endif %}
{%- endmacro %}

{% macro snowflake__to_utc(column, zone) -%}
    {% if zone == 'UTC' %}{{ column }}{% else %}convert_timezone('{{ zone }}', 'UTC', {{ column }}){% endif %}
{%- endmacro %}


{% macro local_date(column) -%}
    {{ return(adapter.dispatch('local_date', 'fondaco')(column)) }}
{%- endmacro %}

{% macro duckdb__local_date(column) -%}
    cast(timezone('{{ var("timezone") }}', timezone('UTC', {{ column }})) as date)
{%- endmacro %}

{% macro snowflake__local_date(column) -%}
    cast(convert_timezone('UTC', '{{ var("timezone") }}', {{ column }}) as date)
{%- endmacro %}


{# The last microsecond of a day of the shop, as UTC. #}
{% macro end_of_day(column) -%}
    {{ to_utc('cast(' ~ column ~ ' + 1 as timestamp)', var('timezone')) }} - interval 1 microsecond
{%- endmacro %}


{# The zone of a system's timestamps, from systems/<system>.yml. #}
{% macro system_zone(system) -%}
    {#- a model of a system that is not there is parsed before it is left out -#}
    {{ return(var('systems').get(system, {}).get('zone', 'UTC')) }}
{%- endmacro %}
