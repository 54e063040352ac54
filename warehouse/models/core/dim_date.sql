-- from the first of January of the first year of trade or of rates to the end of the year after the last
with bounds as (
    select
        min(day) as first_day,
        max(day) as last_day
    from (
        select cast(ordered_at as date) as day from {{ ref('int_orders__current') }}
        union all
        select rate_date as day from {{ ref('int_exchange_rates__current') }}
        union all
        select cast(refunded_at as date) as day from {{ ref('int_refunds__current') }}
    )
    where day between date '1970-01-01' and date '2100-01-01'
),

days as (
    select
        cast(unnest(generate_series(
            cast(date_trunc('year', coalesce(first_day, date '2020-01-01')) as timestamp),
            cast(date_trunc('year', coalesce(last_day, date '2020-01-01')) + interval 2 year - interval 1 day as timestamp),
            interval 1 day
        )) as date) as date_day
    from bounds
)

select
    date_day,
    cast(extract(year from date_day) as bigint) as year_number,
    cast(extract(quarter from date_day) as bigint) as quarter_of_year,
    cast(extract(month from date_day) as bigint) as month_of_year,
    cast(extract(day from date_day) as bigint) as day_of_month,
    cast(extract(isodow from date_day) as bigint) as day_of_week_iso,
    cast(date_trunc('month', date_day) as date) as month_start,
    cast(date_trunc('month', date_day) + interval 1 month - interval 1 day as date) as month_end,
    {{ week_start('date_day') }} as week_start,
    extract(isodow from date_day) in (6, 7) as is_weekend
from days
