-- the source keeps one state of each reseller and says nothing of when it began: true since its first order
select
    {{ landing_columns("timestamp '1900-01-01'") }},

    -- ids
    reseller_id,

    -- who they are
    name,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    country as country_name,
    cast(null as varchar) as country,
    'active' as status,

    -- terms
    cast(null as decimal(18, 8)) as commission_rate,

    -- times
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'resellers') }}
