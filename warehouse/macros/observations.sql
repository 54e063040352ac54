{#
    Every state of a member (customer, product, reseller) that was ever observed, once per key and source time; of several with the
    same time the one that landed last. Kept in the warehouse so that history need not read the whole lake again.
    `version_hash` covers what makes a version: all attributes but the source's own housekeeping times, whether it is deleted, and
    what stands for what was taken out of it (`landing_columns`).
    `recorded_at` is when the lake learnt of it: a state that lands again, and says the same, was known before.
#}
{% macro observations(entity, key) -%}
{%- set attributes = entity_columns(entity).keys() | reject('in', ['created_at', 'updated_at']) | list -%}
with landed as (
    select
        *,
        {{ version_hash(attributes + ['is_deleted', 'erased_state']) }} as version_hash
    from {{ ref('int_' ~ entity ~ '__unioned') }}
    where {{ key }} is not null
    {%- if is_incremental() %}
        and is_new
    {%- endif %}
),

candidates as (
    select * from landed
    {%- if is_incremental() %}
    union all by name
    select *, '' as batch_id, 0 as batch_position, false as is_new
    from {{ this }}
    where ({{ key }}, observed_at) in (select {{ key }}, observed_at from landed)
    {%- endif %}
),

said_otherwise as (
    select * from candidates
    qualify version_hash is distinct from lag(version_hash) over (
        partition by {{ key }}, observed_at order by is_new, batch_id, batch_position
    )
)

select * exclude (batch_id, batch_position, is_new)
from said_otherwise
qualify row_number() over (
    partition by {{ key }}, observed_at order by is_new desc, batch_id desc, batch_position desc
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
    The members of which something landed since the last complete build, and for which times their history may have changed: one row per
    observation that landed. It says what was true from its time to the next observation; the version that follows it may begin anew, or
    no more, and so takes another name: facts keep theirs before the one and after the end of the other.
    An observation that comes first of all moves the back-dated first version, so it reaches back for ever.
#}
{% macro touched_members(entity, key) -%}
with landed as (
    select distinct
        {{ key }},
        observed_at
    from {{ ref('int_' ~ entity ~ '__unioned') }}
    where is_new and {{ key }} is not null
),

observed as (
    select
        {{ key }},
        observed_at,
        lead(observed_at) over (partition by {{ key }} order by observed_at) as next_at,
        row_number() over (partition by {{ key }} order by observed_at) = 1 as is_first,
        coalesce(version_hash <> lag(version_hash) over (partition by {{ key }} order by observed_at), true) as is_version
    from {{ ref('int_' ~ entity ~ '__observed') }}
    where {{ key }} in (select {{ key }} from landed)
),

until as (
    select
        {{ key }},
        observed_at,
        -- where the version ends that the observation belongs to
        min(case when is_version then observed_at end) over (
            partition by {{ key }} order by observed_at rows between 1 following and unbounded following
        ) as version_ends_at
    from observed
)

select
    landed.{{ key }},
    case when observed.is_first then timestamp '1900-01-01' else landed.observed_at end as touched_from,
    coalesce(next_one.version_ends_at, timestamp '9999-12-31') as touched_to
from landed
inner join observed on landed.{{ key }} = observed.{{ key }} and landed.observed_at = observed.observed_at
left join until as next_one on observed.{{ key }} = next_one.{{ key }} and observed.next_at = next_one.observed_at
{%- endmacro %}
