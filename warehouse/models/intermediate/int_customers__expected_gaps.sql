-- After how many days each buyer is expected back: the median of the own gaps between purchase days from three purchase days on, else of
-- the segment's, else the gap that three quarters of all gaps are within; a shop where nobody came back yet expects it within the RFM window.
with gaps as (
    select
        customer_key,
        ordered_date - lag(ordered_date) over (partition by customer_key order by ordered_date) as gap_days
    from {{ ref('int_customers__purchase_days') }}
    where is_purchase
),

segments as (
    select
        scored.customer_key,
        scored.rfm_segment
    from {{ ref('int_customers__scored') }} as scored
    inner join {{ ref('int_ledger__last_day') }} as bounds on scored.as_of_date = bounds.last_day
),

own as (
    select
        customer_key,
        count(*) as purchase_days,
        median(gap_days) as median_gap_days
    from gaps
    group by customer_key
),

of_segment as (
    select
        segments.rfm_segment,
        median(gaps.gap_days) as median_gap_days
    from gaps
    inner join segments on gaps.customer_key = segments.customer_key
    group by segments.rfm_segment
),

of_all as (
    select percentile_disc(0.75) within group (order by gap_days) as long_gap_days from gaps
)

select
    own.customer_key,
    own.purchase_days,
    cast(own.median_gap_days as decimal(9, 1)) as median_gap_days,
    cast(coalesce(
        case when own.purchase_days >= 3 then own.median_gap_days end,
        of_segment.median_gap_days,
        of_all.long_gap_days,
        {{ var('rfm_window_days') }}
    ) as decimal(9, 1)) as expected_gap_days
from own
cross join of_all
left join segments on own.customer_key = segments.customer_key
left join of_segment on segments.rfm_segment = of_segment.rfm_segment
