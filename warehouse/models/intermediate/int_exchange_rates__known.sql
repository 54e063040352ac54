-- The rate of each currency and day that an order of this build asked for, as it was known on each of the order's days: the last one published,
-- not too old (see int_exchange_rates__daily).
select
    states.order_key,
    states.known_date,
    asked.currency,
    asked.rate_date,
    rates.rate
from {{ ref('int_orders__states') }} as states
inner join {{ ref('int_orders__rates_asked') }} as asked on states.order_key = asked.order_key
inner join {{ ref('int_exchange_rates__served') }} as rates
    on
        asked.currency = rates.currency
        and asked.rate_date = rates.rate_date
        and rates.published_date + {{ var('fx_max_age_days') }} > asked.rate_date
        and states.known_date >= rates.known_date
        and states.known_date < coalesce(rates.known_until, date '9999-12-31')
where rates.base_currency = '{{ var("currency") }}' and not rates.is_deleted
qualify row_number() over (
    partition by states.order_key, states.known_date, asked.currency, asked.rate_date
    order by rates.published_date desc, rates.source_name asc
) = 1
