select
    {{ landing_columns('shipped_date') }},

    -- ids
    -- one parcel an order; one of them has no tracking number
    order_id as shipment_id,
    order_id,

    -- what it is
    cast(null as varchar) as carrier,
    'shipped' as status,
    cast(null as decimal(18, 4)) as quantity,

    -- times
    shipped_date as shipped_at,
    cast(null as timestamp) as promised_at,
    cast(null as timestamp) as delivered_at,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'shipments') }}
