-- Percentiles are of the rows, in whole minutes; they add up to nothing, the sums and counts beside them do.
select
    carrier,
    country,
    cast(date_trunc('month', shipped_date) as date) as ship_month,
    seller,

    -- parcels
    count(*) as parcels,
    cast(sum(units) as decimal(18, 4)) as units,
    count(*) filter (where promised_date is null) as parcels_without_promise,
    count(*) filter (where is_due) as due,
    count(*) filter (where is_due and is_in_time) as on_time,
    count(*) filter (where is_due and not is_in_time) as late,
    count(*) filter (where delivered_date is null) as undelivered,
    count(*) filter (where is_lost) as lost,
    count(*) filter (where is_delivered_before_shipped) as delivered_before_shipped,

    -- from payment to parcel
    count(handling_minutes) as handled,
    cast(coalesce(sum(handling_minutes), 0) as bigint) as handling_minutes,
    quantile_disc(handling_minutes, 0.5) as handling_minutes_p50,
    quantile_disc(handling_minutes, 0.9) as handling_minutes_p90,

    -- from parcel to door
    count(transit_minutes) as carried,
    cast(coalesce(sum(transit_minutes), 0) as bigint) as transit_minutes,
    quantile_disc(transit_minutes, 0.5) as transit_minutes_p50,
    quantile_disc(transit_minutes, 0.9) as transit_minutes_p90,

    -- beyond the promise
    count(late_minutes) as delivered_late,
    cast(coalesce(sum(late_minutes), 0) as bigint) as late_minutes,
    quantile_disc(late_minutes, 0.5) as late_minutes_p50,
    quantile_disc(late_minutes, 0.9) as late_minutes_p90
from {{ ref('parcels') }}
group by all
