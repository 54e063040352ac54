select
    {{ landing_columns('cast(signup_date as timestamp)') }},

    -- ids
    customer_id,
    cast(null as varchar) as merged_into_id,

    -- person
    email,
    phone,
    first_name,
    last_name,
    cast(null as varchar) as street,
    city,
    cast(null as varchar) as postal_code,
    country as country_name,
    cast(null as varchar) as country,
    birth_date,

    -- facts about the account
    cast(null as boolean) as accepts_marketing,
    'internet' as acquisition_channel,
    false as is_test,

    -- times
    cast(signup_date as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'customers') }}
