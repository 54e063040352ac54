select
    {{ landing_columns('updated_at') }},

    -- ids
    sku as product_id,
    cast(seller_id as varchar) as reseller_id,

    -- what it is
    name,
    category,
    brand,
    status,

    -- prices
    {{ from_minor('price', 'currency') }} as list_price,
    {{ from_minor('cost', 'currency') }} as cost_price,
    currency,

    -- times
    created_at,
    updated_at
from {{ source('demo', 'products') }}
