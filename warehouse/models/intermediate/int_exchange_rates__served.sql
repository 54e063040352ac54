-- what was known of each rate, by every day that it may serve: its own and, until the next one, a few days more
select
    rates.* exclude (rate_date),
    rates.rate_date as published_date,
    {{ days_after('rates.rate_date', 'steps.step') }} as rate_date
from {{ ref('int_exchange_rates__recorded') }} as rates
cross join {{ steps(0, var('fx_max_age_days')) }} as steps
