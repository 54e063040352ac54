{{ config(materialized='table') }}

-- a rate serves its day and, until the next one, a few days more
select distinct
    currency,
    rate_date as touched_from,
    rate_date + {{ var('fx_max_age_days') }} as touched_to
from {{ ref('int_exchange_rates__unioned') }}
where is_new
