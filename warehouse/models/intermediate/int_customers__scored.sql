{{ config(materialized='incremental', incremental_strategy='replace_renewed', unique_key='as_of_date') }}

-- depends_on: {{ ref('int_reckonings__renewed') }}
-- depends_on: {{ ref('int_ledger__last_day') }}

-- R, F and M of every customer as of the end of each month and of the last day of trade. Equal values score equally; whole numbers all the
-- way, so that no rounding moves a customer over a bound. Whoever bought nothing in the window is dormant and has no scores.
with windowed as (
    select
        *,
        frequency > 0 as is_in_window
    from {{ ref('int_customers__windowed') }}
),

ranked as (
    select
        *,
        case when is_in_window then cast(as_of_date - kept_date as bigint) end as recency_days,
        5 * (rank() over (partition by as_of_date, is_in_window order by kept_date desc) - 1) as recency_rank,
        5 * (rank() over (partition by as_of_date, is_in_window order by monetary) - 1) as monetary_rank,
        greatest(count(*) over (partition by as_of_date, is_in_window) - 1, 1) as others
    from windowed
),

scored as (
    select
        customer_key,
        as_of_date,
        recency_days,
        case when is_in_window then frequency end as frequency,
        case when is_in_window then monetary end as monetary,
        case when is_in_window then cast(5 - least(4, {{ whole_quotient('recency_rank', 'others') }}) as bigint) end as r_score,
        case
            when not is_in_window then null
            {%- for bound in var('rfm_frequency_bands') %}
            when frequency <= {{ bound }} then cast({{ loop.index }} as bigint)
            {%- endfor %}
            else cast({{ var('rfm_frequency_bands') | length + 1 }} as bigint)
        end as f_score,
        case when is_in_window then cast(1 + least(4, {{ whole_quotient('monetary_rank', 'others') }}) as bigint) end as m_score
    from ranked
)

select
    scored.*,
    case when scored.r_score is null then 'Dormant' else grid.segment end as rfm_segment,
    case when scored.r_score is null then 'One strong offer to come back, then leave in peace.' else grid.action end as rfm_action
from scored
left join {{ ref('rfm_grid') }} as grid on scored.r_score = grid.r_score and scored.f_score = grid.f_score
