{#
    The snapshot that replays. dbt's own takes one state per key and run; ours reads every observation that the lake keeps and computes the
    versions of the touched keys anew, so that several changes between two runs, late ones included, all find their place, and the
    result is the same as of a rebuild. It is dbt's snapshot in all else: a node of the lineage, run by `dbt build`.

    The relation gives all observations of each key (one per key and `observed_at`), their `version_hash`, and `is_touched`.
    config: strategy `replay`, unique_key.
#}
{% materialization snapshot, adapter='duckdb' %}
    {%- set key = config.require('unique_key') -%}
    {%- if config.require('strategy') != 'replay' -%}
        {{ exceptions.raise_compiler_error("snapshot " ~ model.name ~ ": the only strategy here is 'replay' (docs/decisions/0003)") }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing is none or should_full_refresh() %}
        {% call statement('main') -%}
            create or replace table {{ target }} as {{ versions('(' ~ sql ~ ')', key) }}
        {%- endcall %}
    {% else %}
        {%- set versions_now = make_temp_relation(target) -%}
        {% call statement('replayed') -%}
            create or replace temporary table {{ versions_now.include(database=False, schema=False) }} as
            {{ versions('(select * from (' ~ sql ~ ') where is_touched)', key) }}
        {%- endcall %}
        {% call statement('main') -%}
            delete from {{ target }}
            where {{ key }} in (select {{ key }} from {{ versions_now.include(database=False, schema=False) }});
            insert into {{ target }} by name
            select * from {{ versions_now.include(database=False, schema=False) }}
        {%- endcall %}
        {% call statement('forgotten') -%}
            drop table {{ versions_now.include(database=False, schema=False) }}
        {%- endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The same on Snowflake, where the history is no transient table: it can be travelled back in, and outlives a mistake. #}
{% materialization snapshot, adapter='snowflake' %}
    {%- set key = config.require('unique_key') -%}
    {%- if config.require('strategy') != 'replay' -%}
        {{ exceptions.raise_compiler_error("snapshot " ~ model.name ~ ": the only strategy here is 'replay' (docs/decisions/0003)") }}
    {%- endif -%}
    {%- set original_query_tag = set_query_tag() -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks) }}

    {% if existing is none or should_full_refresh() %}
        {% call statement('main') -%}
            create or replace table {{ target }} as {{ versions('(' ~ sql ~ ')', key) }}
        {%- endcall %}
    {% else %}
        {%- set versions_now = make_temp_relation(target) -%}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {% call statement('replayed') -%}
            create or replace temporary table {{ versions_now }} as
            {{ versions('(select * from (' ~ sql ~ ') where is_touched)', key) }}
        {%- endcall %}
        {% call statement('main') -%}
            {{ replaced(target, key ~ ' in (select ' ~ key ~ ' from ' ~ versions_now ~ ')', versions_now, columns) }}
        {%- endcall %}
        {% call statement('forgotten') -%}
            drop table if exists {{ versions_now }}
        {%- endcall %}
    {% endif %}

    {{ run_hooks(post_hooks) }}
    {% do unset_query_tag(original_query_tag) %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
