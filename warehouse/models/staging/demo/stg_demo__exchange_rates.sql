select
    {{ landing_columns('updated_at') }},

    currency,
    day as rate_date,
    'EUR' as base_currency,
    rate,
    updated_at
from {{ source('demo', 'exchange_rates') }}
