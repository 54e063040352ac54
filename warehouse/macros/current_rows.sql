{#
    The last state of each row of an entity, deletes included (`is_deleted`). A build reads what landed since the last complete one and
    the rows it may replace, nothing else; a row that arrives late never replaces a newer one, so the order of arrival does not matter.
    Equal times go to the row that landed last.
#}
{% macro current_rows(entity, key) -%}
with observed as (
    select * from {{ ref('int_' ~ entity ~ '__unioned') }}
    {%- if is_incremental() %}
    where is_new
    {%- endif %}
),

candidates as (
    select * from observed
    {%- if is_incremental() %}
    union all by name
    select *, '' as batch_id, 0 as batch_position, false as is_new
    from {{ this }}
    where ({{ key }}) in (select {{ key }} from observed)
    {%- endif %}
)

select * exclude (batch_id, batch_position, is_new)
from candidates
qualify row_number() over (
    partition by {{ key }} order by observed_at desc, is_new desc, batch_id desc, batch_position desc
) = 1
{%- endmacro %}
