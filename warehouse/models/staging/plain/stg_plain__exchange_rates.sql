select
    {{ landing_columns('updated_at') }},

    currency,
    rate_date,
    base_currency,
    rate,
    updated_at
from {{ source('plain', 'exchange_rates') }}
