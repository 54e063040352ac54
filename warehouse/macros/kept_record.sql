{# A table of `ops` that `fondaco build` keeps, or, where dbt works by itself, nothing in its columns. #}
{% macro kept_record(name, columns) -%}
    {%- if adapter.get_relation(target.database, 'ops', name) -%}
        select * from ops.{{ name }}
    {%- else -%}
        select
            {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where false
    {%- endif -%}
{%- endmacro %}


{% macro batches_on_record() -%}
    {{ kept_record('batches', {
        'commit_number': 'bigint', 'batch_id': 'varchar', 'source_name': 'varchar', 'system_name': 'varchar', 'table_name': 'varchar',
        'kind': 'varchar', 'landed_at': 'timestamp', 'rows_read': 'bigint', 'rows_landed': 'bigint', 'rows_known': 'bigint',
        'rows_quarantined': 'bigint', 'rows_dropped': 'bigint', 'data_until': 'timestamp', 'rows_in_bronze': 'bigint', 'rows_replaced': 'bigint',
    }) }}
{%- endmacro %}

{% macro rejections_on_record() -%}
    {#- `rows` is no name for a column of Snowflake -#}
    {%- set counted = 'rows' if target.type == 'duckdb' else 'row_count' -%}
    select
        commit_number,
        reason,
        {{ counted }} as row_count
    from ({{ kept_record('rejections', {'commit_number': 'bigint', 'reason': 'varchar', counted: 'bigint'}) }})
{%- endmacro %}

{% macro checks_on_record() -%}
    {{ kept_record('checks', {'built_at': 'timestamp', 'passed': 'bigint', 'failed': 'bigint', 'failures': 'varchar'}) }}
{%- endmacro %}
