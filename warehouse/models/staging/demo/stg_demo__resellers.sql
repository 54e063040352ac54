select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as reseller_id,

    -- who they are
    name,
    email,
    phone,
    country as country_name,
    country,
    status,

    -- terms
    cast(commission_pct * 0.01 as decimal(18, 8)) as commission_rate,

    -- times
    created_at,
    updated_at
from {{ source('demo', 'sellers') }}
