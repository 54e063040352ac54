-- A missing rate stops the build: it is never 1. The rows name the currencies and days to load; one that nobody knows is in gold.data_issues.
select distinct
    currency,
    ordered_date
from {{ ref('int_orders__resolved') }}
where exchange_rate is null and {{ is_currency('currency') }}
