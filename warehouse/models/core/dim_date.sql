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
    select {{ days_after('spans.span_from', 'steps.step') }} as date_day
    from (
        select
            cast(date_trunc('year', coalesce(first_day, date '2020-01-01')) as date) as span_from,
            cast(date_trunc('year', coalesce(last_day, date '2020-01-01')) + interval '2 year' - interval '1 day' as date) as span_to
        from bounds
    ) as spans
    inner join {{ steps(0, 60000) }} as steps on steps.step <= spans.span_to - spans.span_from
)

select
    date_day,
    cast(extract(year from date_day) as bigint) as year_number,
    cast(extract(quarter from date_day) as bigint) as quarter_of_year,
    cast(extract(month from date_day) as bigint) as month_of_year,
    cast(extract(day from date_day) as bigint) as day_of_month,
    {{ iso_day_of_week('date_day') }} as day_of_week_iso,
    cast(date_trunc('month', date_day) as date) as month_start,
    cast(date_trunc('month', date_day) + interval '1 month' - interval '1 day' as date) as month_end,
    {{ week_start('date_day') }} as week_start,
    {{ iso_day_of_week('date_day') }} in (6, 7) as is_weekend
from days
