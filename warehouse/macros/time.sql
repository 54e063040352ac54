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
    {{ to_utc('cast(' ~ column ~ ' + 1 as timestamp)', var('timezone')) }} - interval '1 microsecond'
{%- endmacro %}


{# The zone of a system's timestamps, from systems/<system>.yml. #}
{% macro system_zone(system) -%}
    {#- a model of a system that is not there is parsed before it is left out -#}
    {{ return(var('systems').get(system, {}).get('zone', 'UTC')) }}
{%- endmacro %}


{# A relation of the whole numbers from `first` to `last`, as column `step`. #}
{% macro steps(first, last) -%}
    {{ return(adapter.dispatch('steps', 'fondaco')(first, last)) }}
{%- endmacro %}

{% macro duckdb__steps(first, last) -%}
    (select cast(range as integer) as step from range({{ first }}, {{ last + 1 }}))
{%- endmacro %}

{% macro snowflake__steps(first, last) -%}
    (select {{ first }} - 1 + row_number() over (order by seq4()) as step from table(generator(rowcount => {{ last + 1 - first }})))
{%- endmacro %}


{# 1 is Monday, 7 is Sunday. #}
{% macro iso_day_of_week(day) -%}
    {{ return(adapter.dispatch('iso_day_of_week', 'fondaco')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_day_of_week(day) -%}
    cast(isodow({{ day }}) as bigint)
{%- endmacro %}

{% macro snowflake__iso_day_of_week(day) -%}
    cast(dayofweekiso({{ day }}) as bigint)
{%- endmacro %}


{# So many days after a day; where the number is no literal. #}
{% macro days_after(day, number) -%}
    {{ return(adapter.dispatch('days_after', 'fondaco')(day, number)) }}
{%- endmacro %}

{% macro duckdb__days_after(day, number) -%}
    {{ day }} + {{ number }}
{%- endmacro %}

{% macro snowflake__days_after(day, number) -%}
    cast(dateadd('day', {{ number }}, {{ day }}) as date)
{%- endmacro %}
