{#
    A mart: a table in schema `marts` that nobody sees before it is published. Readers see a view of its name in `gold`, over

        marts.<mart>             the one made last, once its checks have passed (`fondaco build` publishes it);
        marts.<mart>__kept       the last good one, from the moment at which another is made until that one is published;
        both, less __changed     where only touched rows are made anew (config unique_key): the rows as they were, in place of those.

    Each step is one transaction, so whatever is killed, the view shows the last good rows, and nothing is copied that did not change.
#}
{% materialization mart, adapter='duckdb' %}
    {%- set shown = this.incorporate(type='view') -%}
    {%- set made = as_made(this) -%}
    {%- set next = as_made(this.incorporate(path={'identifier': this.identifier ~ '__next'})) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set is_part = is_incremental() -%}
    {%- set there = mart_tables(this) -%}

    {% if is_part %}
        {%- set next = next.include(database=False, schema=False) -%}
        {% call statement('touched') -%}
            create or replace temporary table {{ next }} as {{ sql }}
        {%- endcall %}
        {% call statement('main') -%}
            {{ keep_touched(shown, made, there, config.get('unique_key')) }}
            delete from {{ made }}
            where {{ config.get('unique_key') }} in (select {{ config.get('unique_key') }} from {{ touched(config.get('unique_key')) }});
            insert into {{ made }} by name select * from {{ next }};
            drop table {{ next }}
        {%- endcall %}
    {% else %}
        {% call statement('room') -%}
            create schema if not exists marts
        {%- endcall %}
        {% call statement('main') -%}
            {{ create_table_as(False, next, sql) }}
        {%- endcall %}
        {% call statement('kept') -%}
            {{ keep_whole(shown, made, there) }}
            alter table {{ next }} rename to {{ made.identifier }}
        {%- endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [shown]}) }}
{% endmaterialization %}


{#
    On Snowflake a mart is made in schema `marts` with its policies in the statement that makes it, and what readers see in `gold` is a clone of
    it, which costs nothing and takes the place of the former one in one step, policies and grants with it, once the checks have passed.
#}
{% materialization mart, adapter='snowflake' %}
    {%- set original_query_tag = set_query_tag() -%}
    {%- set made = as_made(this) -%}
    {%- set key = config.get('unique_key') -%}

    {{ run_hooks(pre_hooks) }}

    {% if is_incremental() %}
        {%- set next = make_temp_relation(made) -%}
        {%- set columns = adapter.get_columns_in_relation(made) | map(attribute='quoted') | join(', ') -%}
        {% call statement('touched') -%}
            create or replace temporary table {{ next }} as ({{ sql }})
        {%- endcall %}
        {% call statement('main') -%}
            {{ replaced(made, key ~ ' in (select ' ~ key ~ ' from ' ~ touched(key) ~ ')', next, columns) }}
        {%- endcall %}
        {% call statement('forgotten') -%}
            drop table if exists {{ next }}
        {%- endcall %}
    {% else %}
        {% call statement('main') -%}
            {{ create_table_as(False, made, sql) }}
        {%- endcall %}
    {% endif %}

    {{ run_hooks(post_hooks) }}
    {% do unset_query_tag(original_query_tag) %}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}


{# Which tables and views of a mart there are: `made`, `kept`, `changed`, `shown`. #}
{% macro mart_tables(mart) -%}
    {%- set found = run_query("
        select case when table_name = '" ~ mart.identifier ~ "' then 'made' else regexp_extract(table_name, '__(kept|changed)$', 1) end
        from duckdb_tables()
        where database_name = current_database() and schema_name = 'marts'
            and table_name in ('" ~ mart.identifier ~ "', '" ~ mart.identifier ~ "__kept', '" ~ mart.identifier ~ "__changed')
        union all
        select 'shown'
        from duckdb_views()
        where database_name = current_database() and schema_name = '" ~ mart.schema ~ "' and view_name = '" ~ mart.identifier ~ "'
    ") -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}


{# Makes room for a whole new table: what is shown is kept under a name of its own, unless it is already. #}
{% macro keep_whole(shown, made, there) -%}
    {%- set mart = 'marts.' ~ made.identifier -%}
    {%- if 'changed' in there %}
    create table {{ mart }}__whole as select * from {{ shown }};
    drop table {{ mart }}__changed;
    drop table {{ mart }}__kept;
    alter table {{ mart }}__whole rename to {{ made.identifier }}__kept;
    create or replace view {{ shown }} as select * from {{ mart }}__kept;
    {%- endif %}
    {%- if 'made' in there and ('kept' in there or 'shown' not in there) %}
    drop table {{ mart }};
    {%- elif 'made' in there %}
    alter table {{ mart }} rename to {{ made.identifier }}__kept;
    create or replace view {{ shown }} as select * from {{ mart }}__kept;
    {%- endif %}
{%- endmacro %}


{# Makes room for new rows in place of the touched ones: those as they are shown are kept, each once until the mart is published. #}
{% macro keep_touched(shown, made, there, key) -%}
    {%- set mart = 'marts.' ~ made.identifier -%}
    {%- if 'shown' in there and ('kept' not in there or 'changed' in there) %}
    {%- if 'kept' not in there %}
    create table {{ mart }}__kept as select * from {{ mart }} where false;
    create table {{ mart }}__changed as select {{ key }} from {{ mart }} where false;
    {%- endif %}
    insert into {{ mart }}__kept
    select * from {{ mart }}
    where
        {{ key }} in (select {{ key }} from {{ touched(key) }})
        and {{ key }} not in (select {{ key }} from {{ mart }}__changed);
    insert into {{ mart }}__changed
    select distinct {{ key }} from {{ touched(key) }}
    where {{ key }} not in (select {{ key }} from {{ mart }}__changed);
    create or replace view {{ shown }} as
    select * from {{ mart }} where {{ key }} not in (select {{ key }} from {{ mart }}__changed)
    union all
    select * from {{ mart }}__kept;
    {%- endif %}
{%- endmacro %}
