-- Percentiles are of the rows, in whole minutes; they add up to nothing, the sums and counts beside them do.
select
    carrier,
    country,
    cast(date_trunc('month', shipped_date) as date) as ship_month,
    seller,

    -- parcels
    count(*) as parcels,
    cast(sum(units) as decimal(18, 4)) as units,
    count(case when promised_date is null then 1 end) as parcels_without_promise,
    count(case when is_due then 1 end) as due,
    count(case when is_due and is_in_time then 1 end) as on_time,
    count(case when is_due and not is_in_time then 1 end) as late,
    count(case when delivered_date is null then 1 end) as undelivered,
    count(case when is_lost then 1 end) as lost,
    count(case when is_delivered_before_shipped then 1 end) as delivered_before_shipped,

    -- from payment to parcel
    count(handling_minutes) as handled,
    cast(coalesce(sum(handling_minutes), 0) as bigint) as handling_minutes,
    percentile_disc(0.5) within group (order by handling_minutes) as handling_minutes_p50,
    percentile_disc(0.9) within group (order by handling_minutes) as handling_minutes_p90,

    -- from parcel to door
    count(transit_minutes) as carried,
    cast(coalesce(sum(transit_minutes), 0) as bigint) as transit_minutes,
    percentile_disc(0.5) within group (order by transit_minutes) as transit_minutes_p50,
    percentile_disc(0.9) within group (order by transit_minutes) as transit_minutes_p90,

    -- beyond the promise
    count(late_minutes) as delivered_late,
    cast(coalesce(sum(late_minutes), 0) as bigint) as late_minutes,
    percentile_disc(0.5) within group (order by late_minutes) as late_minutes_p50,
    percentile_disc(0.9) within group (order by late_minutes) as late_minutes_p90
from {{ ref('parcels') }}
group by all
