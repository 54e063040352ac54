select
    {{ landing_columns('rate_date') }},

    currency,
    cast(rate_date as date) as rate_date,
    'USD' as base_currency,
    cast(average_rate as decimal(18, 8)) as rate,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'currency_rates') }}
