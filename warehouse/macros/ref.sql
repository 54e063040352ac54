{#
    Marts are made in schema `marts` and shown to readers in schema `gold` once their checks have passed (see materialization `mart`).
    Within a build, a test or a model that asks for a mart means the one that was just made; everybody else means what is shown.
#}
{% macro ref() -%}
    {%- set relation = builtins.ref(*varargs, **kwargs) -%}
    {{ return(as_made(relation) if relation.schema == 'gold' and not relation.is_cte else relation) }}
{%- endmacro %}


{# Where the mart that is shown as `relation` is made. #}
{% macro as_made(relation) -%}
    {{ return(api.Relation.create(database=relation.database, schema='marts', identifier=relation.identifier, type='table')) }}
{%- endmacro %}


{# dbt's own, which knows no materialization `mart`: one that has a unique_key is made anew where it is touched. #}
{% macro is_incremental() -%}
    {%- if not execute or should_full_refresh() or model.config.materialized not in ('incremental', 'mart') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set is_mart = model.config.materialized == 'mart' -%}
    {%- set made = as_made(this) if is_mart else this -%}
    {%- set before = adapter.get_relation(made.database, made.schema, made.identifier) -%}
    {{ return(before is not none and before.type == 'table' and (not is_mart or config.get('unique_key') is not none)) }}
{%- endmacro %}
