-- what was known of each rate, by every day that it may serve: its own and, until the next one, a few days more
select
    * exclude (rate_date),
    rate_date as published_date,
    cast(unnest(generate_series(
        cast(rate_date as timestamp), cast(rate_date + {{ var('fx_max_age_days') }} as timestamp), interval 1 day
    )) as date) as rate_date
from {{ ref('int_exchange_rates__recorded') }}
