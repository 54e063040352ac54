-- The source keeps versions itself. Its valid_to lies before valid_from on every closed version, so only valid_from is used.
select
    {{ landing_columns('valid_from') }},

    -- ids
    product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    name,
    coalesce(category || ' / ' || subcategory, category, subcategory) as category,
    cast(null as varchar) as brand,
    case when status = 'Current' then 'active' else 'discontinued' end as status,

    -- prices
    cast(price as decimal(18, 4)) as list_price,
    cast(unit_cost as decimal(18, 4)) as cost_price,
    'USD' as currency,

    -- times
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'product_versions') }}
