{#
    The last state of each row of a system's table, for staging models that bring several tables together. A row that was deleted keeps
    what it last said, so that it can still be told whose it was.

    Adds `_is_gone` (deleted at the source, by `soft` or by a tombstone), `_seen_at` (when the state was true), `_is_fresh` (it landed
    since the last complete build). Keys are unique within a source only: join on `_source` too.

    key: the columns of the key, as SQL. at: the source's time of change; None for a table that has none. soft: column of soft deletes.
#}
{% macro latest(system, table, key, at=None, soft=None) -%}
{%- set seen = 'coalesce(' ~ at ~ ', _ingested_at)' if at else '_ingested_at' -%}
{%- set last_first = 'partition by _source, ' ~ key ~ ' order by ' ~ seen ~ ' desc, _batch_id desc, _position desc' -%}
select
        * exclude (_op, _is_new),
        first_value({{ seen }}) over ({{ last_first }}) as _seen_at,
        first_value(_is_new) over ({{ last_first }}) as _is_fresh,
        first_value(_op) over ({{ last_first }}) = 'delete' {%- if soft %} or {{ soft }} is not null{% endif %} as _is_gone
    from {{ source(system, table) }}
    qualify row_number() over (
        partition by _source, {{ key }} order by _op = 'delete', {{ seen }} desc, _batch_id desc, _position desc
    ) = 1
{%- endmacro %}

{# What a group of rows of `latest` says of itself, for a join: see `joined_landing_columns`. #}
{% macro grouped_landing_columns() -%}
    max(_seen_at) as _seen_at,
    max(_ingested_at) as _ingested_at,
    {{ any_true('_is_fresh') }} as _is_fresh
{%- endmacro %}

{#
    `landing_columns` of a row that is put together from several: true since its last part is, new if any part is. The first of `parts`
    is the row's own; the others may be missing.
#}
{% macro joined_landing_columns(parts, is_deleted) -%}
    {%- set own, others = parts[0], parts[1:] -%}
    {{ own }}._source as source_name,
    greatest({{ own }}._seen_at{% for part in others %}, coalesce({{ part }}._seen_at, {{ own }}._seen_at){% endfor %}) as observed_at,
    {{ is_deleted }} as is_deleted,
    greatest({{ own }}._ingested_at{% for part in others %}, coalesce({{ part }}._ingested_at, {{ own }}._ingested_at){% endfor %}) as recorded_at,
    {{ own }}._batch_id as batch_id,
    {{ own }}._position as batch_position,
    {{ own }}._is_fresh{% for part in others %} or coalesce({{ part }}._is_fresh, false){% endfor %} as is_new,
    cast(null as varchar) as erased_state
{%- endmacro %}
