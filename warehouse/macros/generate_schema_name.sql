{# Schemas are named for layers (bronze, staging, silver, gold …) and are the same on both engines. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
