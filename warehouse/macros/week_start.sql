{# First day of the reporting week, by `business.week_start`. #}
{% macro week_start(column) -%}
    {%- set back = {'monday': 0, 'sunday': 1, 'saturday': 2, 'friday': 3, 'thursday': 4, 'wednesday': 5, 'tuesday': 6}[var('week_start')] -%}
    cast(date_trunc('week', {{ column }} + {{ back }}) as date) - {{ back }}
{%- endmacro %}
