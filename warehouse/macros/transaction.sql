{# Statements that come true together. dbt opens a transaction on DuckDB by itself; on Snowflake each statement is one of its own. #}
{% macro together(statements) -%}
    {{ return(adapter.dispatch('together', 'fondaco')(statements)) }}
{%- endmacro %}

{% macro duckdb__together(statements) -%}
    {{ statements }}
{%- endmacro %}

{% macro snowflake__together(statements) -%}
    {{ snowflake_dml_explicit_transaction(statements) }}
{%- endmacro %}


{# All rows of `of` whose key is in `keys` go, all of `rows` come. #}
{% macro replaced(of, condition, rows, columns) -%}
    {%- set statements -%}
    delete from {{ of }}
    where {{ condition }};

    insert into {{ of }} ({{ columns }})
    select {{ columns }} from {{ rows }}
    {%- endset -%}
    {{ together(statements) }}
{%- endmacro %}
