select
    {{ landing_columns('updated_at') }},

    customer_id,
    email,
    phone,
    first_name,
    last_name,
    street,
    city,
    postal_code,
    country_name,
    country,
    birth_date,
    accepts_marketing,
    acquisition_channel,
    coalesce(is_test, false) as is_test,
    merged_into_id,
    created_at,
    updated_at
from {{ source('plain', 'customers') }}
