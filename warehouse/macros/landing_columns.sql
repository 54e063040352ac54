{#
    What every staging model carries beside its entity's columns: where a row comes from, when it was true in the shop,
    when the lake learnt of it, in what order it landed, and whether it landed since the last complete build. `erased_state` stands for what
    was taken out of the row when a person was forgotten: it differs where that differed, so that her versions stay apart.
    Two rows of one key are ordered by observed_at, then batch_id, then batch_position.
#}
{% macro landing_columns(observed_at) -%}
    _source as source_name,
    {{ observed_at }} as observed_at,
    _op = 'delete' as is_deleted,
    _ingested_at as recorded_at,
    _batch_id as batch_id,
    _position as batch_position,
    _is_new as is_new,
    _erased as erased_state
{%- endmacro %}

{% macro landing_column_names() -%}
    {{ return(['source_name', 'observed_at', 'is_deleted', 'recorded_at', 'batch_id', 'batch_position', 'is_new', 'erased_state']) }}
{%- endmacro %}
