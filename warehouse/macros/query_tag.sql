{# Every statement of a model says whose it is: Snowflake's query history then tells what each model and team costs. #}
{% macro snowflake__set_query_tag() -%}
    {%- set tag = {'tool': 'fondaco', 'run': invocation_id, 'model': model.name, 'owner': model.fqn[-2]} -%}
    {% do run_query("alter session set query_tag = '" ~ tojson(tag) ~ "'") %}
    {{ return(none) }}
{%- endmacro %}

{% macro snowflake__unset_query_tag(original_query_tag) -%}
    {% do run_query("alter session unset query_tag") %}
{%- endmacro %}
