{#
    At the end of a `dbt build` from a shell: the marts it made are shown, if nothing in it failed. In a warehouse of `fondaco build`,
    that one decides for each mart by itself, and keeps a record (ops.marts).
#}
{% macro publish_made(results) -%}
    {%- if flags.WHICH == 'build' and not adapter.get_relation(target.database, 'ops', 'marts') -%}
        {%- set faults = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list -%}
        {%- for result in results if not faults and result.node.config.materialized == 'mart' -%}
            {%- set mart = result.node.name -%}
            {%- do run_query(
                'begin; create or replace view ' ~ result.node.schema ~ '.' ~ mart ~ ' as select * from marts.' ~ mart
                ~ '; drop table if exists marts.' ~ mart ~ '__kept; drop table if exists marts.' ~ mart ~ '__changed; commit'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
