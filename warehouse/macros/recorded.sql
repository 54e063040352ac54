{#
    What was known of each row of an entity when a day of the shop ended: one row per key and day of landing (`known_date`) on which what
    counts of it (`columns`) changed. A row that arrives late and is older than what was known changes nothing; of several of one day the
    last counts. Kept in the warehouse, so that what was known need not be read from the whole lake again.

    `observed_at` and `landed_last` stand on the last row of a key alone: what the next row to land is held against.

    columns: name -> SQL over the unioned rows.
#}
{% macro recorded(entity, key, columns) -%}
with landed as (
    select
        {{ key }},
        {{ local_date('recorded_at') }} as known_date,
        -- a row without a time is older than any
        coalesce(observed_at, timestamp '0001-01-01') as observed_at,
        batch_id,
        batch_position,
        is_deleted,
        {%- for name, expression in columns.items() %}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_' ~ entity ~ '__unioned') }}
    where {{ 'is_new' if is_incremental() else 'true' }}
),

candidates as (
    select * from landed
    {%- if is_incremental() and is_remembered() %}
    union all by name
    select * exclude (known_until), '' as batch_id, 0 as batch_position
    from {{ this }}
    where ({{ key }}) in (select {{ key }} from landed)
    {%- endif %}
),

-- no older than anything known before it
believed as (
    select * from candidates
    qualify
        observed_at is null
        or observed_at >= coalesce(
            max(observed_at) over (
                partition by {{ key }} order by known_date, batch_id, batch_position rows between unbounded preceding and 1 preceding
            ),
            observed_at
        )
),

daily as (
    select
        * exclude (observed_at, batch_id, batch_position),
        max(observed_at) over (partition by {{ key }}) as observed_at,
        {{ version_hash(columns.keys() | list + ['is_deleted']) }} as version_hash
    from believed
    qualify row_number() over (partition by {{ key }}, known_date order by batch_id desc, batch_position desc) = 1
),

changed as (
    select * from daily
    qualify version_hash is distinct from lag(version_hash) over (partition by {{ key }} order by known_date)
)

select
    * exclude (version_hash, observed_at),
    lead(known_date) over (partition by {{ key }} order by known_date) as known_until,
    case when lead(known_date) over (partition by {{ key }} order by known_date) is null then observed_at end as observed_at
from changed
{%- endmacro %}


{#
    Whether staging gives every row that landed. Where a row is put together from several tables (docs/decisions/0013) it gives the last
    state alone, so that a rebuild could not tell what was known before: then nobody does.
#}
{% macro is_remembered() -%}
    {{ return(not (('medusa' in var('systems')) or ('woocommerce' in var('systems')))) }}
{%- endmacro %}
