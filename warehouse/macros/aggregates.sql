{# Aggregates that each engine has under a name of its own. #}

{% macro any_true(condition) -%}
    {{ return(adapter.dispatch('any_true', 'fondaco')(condition)) }}
{%- endmacro %}

{% macro duckdb__any_true(condition) -%}
    bool_or({{ condition }})
{%- endmacro %}

{% macro snowflake__any_true(condition) -%}
    boolor_agg({{ condition }})
{%- endmacro %}


{% macro all_true(condition) -%}
    {{ return(adapter.dispatch('all_true', 'fondaco')(condition)) }}
{%- endmacro %}

{% macro duckdb__all_true(condition) -%}
    bool_and({{ condition }})
{%- endmacro %}

{% macro snowflake__all_true(condition) -%}
    booland_agg({{ condition }})
{%- endmacro %}


{# The text of the row that comes first by `order_by`, of those for which `condition` is true; NULL if none is. `order_by` is never NULL there. #}
{% macro text_of_first(expression, order_by, condition='true') -%}
    {{ return(adapter.dispatch('text_of_first', 'fondaco')(expression, order_by, condition)) }}
{%- endmacro %}

{% macro duckdb__text_of_first(expression, order_by, condition) -%}
    first({{ expression }} order by {{ order_by }}) filter (where {{ expression }} is not null and {{ condition }})
{%- endmacro %}

{% macro snowflake__text_of_first(expression, order_by, condition) -%}
    cast(get(array_agg(case when {{ condition }} then {{ expression }} end) within group (
        order by case when {{ condition }} and {{ expression }} is not null then 0 else 1 end, {{ order_by }}
    ), 0) as varchar)
{%- endmacro %}


{# All texts of a group, joined, in an order. #}
{% macro joined_texts(expression, separator, order_by) -%}
    {{ return(adapter.dispatch('joined_texts', 'fondaco')(expression, separator, order_by)) }}
{%- endmacro %}

{% macro duckdb__joined_texts(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro snowflake__joined_texts(expression, separator, order_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}
