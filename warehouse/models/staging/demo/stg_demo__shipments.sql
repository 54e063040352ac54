select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as shipment_id,
    cast(order_id as varchar) as order_id,

    -- what it is
    carrier,
    status,
    cast(units as decimal(18, 4)) as quantity,

    -- times
    shipped_at,
    promised_at,
    delivered_at,
    updated_at
from {{ source('demo', 'shipments') }}
