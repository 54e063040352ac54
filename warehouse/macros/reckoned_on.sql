{# The first day, on or after `day`, for which customers are reckoned: the end of a month that is over, else the last day of trade. #}
{% macro reckoned_on(day) -%}
    case when last_day({{ day }}) < last_day then last_day({{ day }}) else last_day end
{%- endmacro %}
