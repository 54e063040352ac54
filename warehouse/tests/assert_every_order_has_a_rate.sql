-- A missing rate stops the build: it is never 1. The rows name the currencies and days to load.
select distinct
    currency,
    ordered_date
from {{ ref('int_orders__resolved') }}
where exchange_rate is null
