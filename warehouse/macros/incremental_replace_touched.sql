{#
    Incremental strategy `replace_touched`: the order is the unit of recomputation. All rows of the touched orders go, what the model
    computes for them comes, in one transaction; an order that lost a line loses its row.
#}
{% macro get_incremental_replace_touched_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where order_key in (select order_key from {{ ref('int_orders__touched') }});

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}


{# `where` for a model that computes touched orders only; everything on the first build. #}
{% macro touched_only(column='order_key') -%}
    {#- outside the condition, so that dbt sees the dependency whatever the run -#}
    {%- set touched = ref('int_orders__touched') -%}
    {%- if is_incremental() -%}
        {{ column }} in (select order_key from {{ touched }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
