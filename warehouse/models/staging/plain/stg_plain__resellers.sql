select
    {{ landing_columns('updated_at') }},

    reseller_id,
    name,
    email,
    phone,
    country_name,
    country,
    commission_rate,
    status,
    created_at,
    updated_at
from {{ source('plain', 'resellers') }}
