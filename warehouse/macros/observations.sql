{#
    Every state of a member (customer, product, reseller) that was ever observed, once per key and source time; of several with the
    same time the one that landed last. Kept in the warehouse so that history need not read the whole lake again.
    `version_hash` covers what makes a version: all attributes but the source's own housekeeping times, and whether it is deleted.
#}
{% macro observations(entity, key) -%}
{%- set attributes = entity_columns(entity).keys() | reject('in', ['created_at', 'updated_at']) | list -%}
with observed as (
    select * from {{ ref('int_' ~ entity ~ '__unioned') }}
    where {{ key }} is not null
    {%- if is_incremental() %}
        and is_new
    {%- endif %}
)

select
    * exclude (batch_id, batch_position, is_new),
    {{ version_hash(attributes + ['is_deleted']) }} as version_hash
from observed
qualify row_number() over (
    partition by {{ key }}, observed_at order by batch_id desc, batch_position desc
) = 1
{%- endmacro %}


{# Equal hash, equal version. NULL and '' differ; names and lengths keep one value from running into the next. #}
{% macro version_hash(columns) -%}
    md5(concat(
        {%- for name in columns %}
        coalesce('{{ name }}=' || length(cast({{ name }} as varchar)) || ':' || cast({{ name }} as varchar), '-'){{ ', ' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}


{#
    The members of which something landed since the last complete build, and from when on their history may have changed: facts before
    that time keep their version. An observation that comes first of all moves the back-dated first version, so it reaches back for ever.
#}
{% macro touched_members(entity, key) -%}
with landed as (
    select
        {{ key }},
        min(observed_at) as landed_from
    from {{ ref('int_' ~ entity ~ '__unioned') }}
    where is_new and {{ key }} is not null
    group by {{ key }}
),

observed as (
    select
        {{ key }},
        min(observed_at) as observed_from
    from {{ ref('int_' ~ entity ~ '__observed') }}
    where {{ key }} in (select {{ key }} from landed)
    group by {{ key }}
)

select
    landed.{{ key }},
    case
        when landed.landed_from <= observed.observed_from then timestamp '1900-01-01'
        else landed.landed_from
    end as touched_from
from landed
inner join observed on landed.{{ key }} = observed.{{ key }}
{%- endmacro %}
