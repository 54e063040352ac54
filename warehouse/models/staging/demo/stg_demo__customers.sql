select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as customer_id,
    cast(null as varchar) as merged_into_id,

    -- person
    email,
    phone,
    first_name,
    last_name,
    street,
    city,
    postal_code,
    country as country_name,
    country,
    birth_date,

    -- facts about the account
    accepts_marketing,
    channel as acquisition_channel,
    coalesce(is_test, false) as is_test,

    -- times
    created_at,
    updated_at
from {{ source('demo', 'customers') }}
