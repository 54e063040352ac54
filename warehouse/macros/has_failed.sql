{# An attempt failed if the source says so, or if it has been pending for more than a day; a void is no failure. #}
{% macro has_failed(payments) -%}
    ({{ payments }}.status = 'failed' or ({{ payments }}.status = 'pending' and {{ payments }}.attempted_date < bounds.last_day - 1))
{%- endmacro %}
