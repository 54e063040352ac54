{#
    At the end of a `dbt build` from a shell: the marts it made are shown, if nothing in it failed. In a warehouse of `fondaco build`,
    that one decides for each mart by itself, and keeps a record (ops.marts).
#}
{% macro publish_made(results) -%}
    {%- if flags.WHICH == 'build' and not adapter.get_relation(target.database, 'ops', 'marts') -%}
        {%- set faults = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list -%}
        {%- for result in results if not faults and result.node.config.materialized == 'mart' -%}
            {%- set mart = result.node.name -%}
            {%- do run_query(shown_from_now_on(result.node.schema, mart)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# The statements that show readers the mart that was made last. #}
{% macro shown_from_now_on(schema, mart) -%}
    {{ return(adapter.dispatch('shown_from_now_on', 'fondaco')(schema, mart)) }}
{%- endmacro %}

{% macro duckdb__shown_from_now_on(schema, mart) -%}
    begin; create or replace view {{ schema }}.{{ mart }} as select * from marts.{{ mart }};
    drop table if exists marts.{{ mart }}__kept; drop table if exists marts.{{ mart }}__changed; commit
{%- endmacro %}

{% macro snowflake__shown_from_now_on(schema, mart) -%}
    create or replace table {{ schema }}.{{ mart }} clone marts.{{ mart }} copy grants
{%- endmacro %}
