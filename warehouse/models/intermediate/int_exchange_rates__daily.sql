{{ config(materialized='table') }}

-- One row per currency and day, into the reporting currency. A day without a rate (a weekend) takes the last one published,
-- up to {{ var('fx_max_age_days') }} days old; after that there is none, and a test fails. It is never 1 for want of a better.
with published as (
    select
        currency,
        rate_date,
        rate,
        coalesce(
            least(
                lead(rate_date) over (partition by currency order by rate_date),
                rate_date + {{ var('fx_max_age_days') }}
            ),
            rate_date + {{ var('fx_max_age_days') }}
        ) as replaced_on
    from {{ ref('int_exchange_rates__current') }}
    where base_currency = '{{ var("currency") }}' and not is_deleted
    qualify row_number() over (partition by currency, rate_date order by observed_at desc, source_name asc) = 1
)

select
    published.currency,
    days.date_day as rate_date,
    published.rate
from published
inner join {{ ref('dim_date') }} as days
    on published.rate_date <= days.date_day and published.replaced_on > days.date_day
