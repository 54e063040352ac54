select
    {{ landing_columns('updated_at') }},

    shipment_id,
    order_id,
    carrier,
    status,
    quantity,
    shipped_at,
    promised_at,
    delivered_at,
    updated_at
from {{ source('plain', 'shipments') }}
