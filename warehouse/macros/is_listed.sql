{# Whether a value stands in a list from fondaco.yml; an empty list holds nothing. #}
{% macro is_listed(expression, values) -%}
    {%- if values -%}
    coalesce({{ expression }} in ({% for value in values %}'{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}), false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
