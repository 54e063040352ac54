{#
    Incremental strategy `replace_touched`: the unit of recomputation is the order, or the member. All rows of the touched ones go, what
    the model computes for them comes, in one transaction; an order that lost a line loses its row.
    config: unique_key, order_key if not said otherwise; meta.renewed, the list of those to replace where it is not that of the touched ones.
#}
{% macro get_incremental_replace_touched_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set key = arguments['unique_key'] or 'order_key' -%}
    {{ replaced(
        arguments['target_relation'], key ~ ' in (select ' ~ key ~ ' from ' ~ touched(key) ~ ')', arguments['temp_relation'], columns
    ) }}
{%- endmacro %}


{# The list of those that a build computes anew, by what they are named with; a model whose rows change for other reasons, too, has its own. #}
{% macro touched(key) -%}
    {%- set own = (config.get('meta') or {}).get('renewed') -%}
    {%- if own -%}
        {{ return(ref(own)) }}
    {%- elif key == 'order_key' -%}
        {{ return(ref('int_orders__touched')) }}
    {%- elif key == 'customer_key' -%}
        {{ return(ref('int_customers__concerned')) }}
    {%- elif key == 'product_key' -%}
        {{ return(ref('int_products__concerned')) }}
    {%- elif key == 'business_date' -%}
        {{ return(ref('int_restatements__renewed')) }}
    {%- elif key == 'reseller_key' -%}
        {{ return(ref('int_resellers__concerned')) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("no list of touched ones is kept by " ~ key) }}
    {%- endif -%}
{%- endmacro %}


{# `where` for a model that computes the touched ones only; everything on the first build. #}
{% macro touched_only(column='order_key', key='order_key') -%}
    {#- outside the condition, so that dbt sees the dependency whatever the run -#}
    {%- set list = touched(key) -%}
    {%- if is_incremental() -%}
        {{ column }} in (select {{ key }} from {{ list }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#
    `where` for a view between the facts: it holds what this build computes anew, which on the first build is everything. A view is made
    once, so its text cannot change with the build; and a condition above its groups and windows would not spare it the rest.
#}
{% macro of_this_build(column='order_key', list='int_orders__touched') -%}
    {{ column }} in (select order_key from {{ ref(list) }})
{%- endmacro %}


{#
    What a list of touched ones adds to its own: those that builds since the last complete one have named and may not have finished. Facts
    say which order a line belonged to, and a build that was killed may have taken the line out of some of them and not of others.
#}
{% macro still_touched(key) -%}
    {%- set before = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {%- if before and not flags.FULL_REFRESH %}
    union
    select {{ key }} from {{ before }} where built_through = {{ built_through() }}
    {%- endif -%}
{%- endmacro %}


{# Number of the commit up to which the last complete build went; 0 if there was none, and where dbt works by itself. #}
{% macro built_through() -%}
    {%- if adapter.get_relation(target.database, 'ops', 'builds') -%}
        (select coalesce(max_by(through_commit, built_at), 0) from ops.builds)
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}
