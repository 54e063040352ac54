select
    {{ landing_columns('updated_at') }},

    product_id,
    name,
    category,
    brand,
    reseller_id,
    list_price,
    cost_price,
    currency,
    status,
    created_at,
    updated_at
from {{ source('plain', 'products') }}
