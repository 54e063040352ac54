-- what delivery_performance counts, parcel by parcel: percentiles and rates over any period are of these rows
select
    -- ids
    shipment_key,
    order_key,

    -- what it is
    carrier,
    country,
    seller,
    cast(units as decimal(18, 4)) as units,
    is_due,
    is_in_time,
    is_lost,
    is_impossible as is_delivered_before_shipped,

    -- spans
    handling_minutes,
    transit_minutes,
    late_minutes,

    -- days
    shipped_date,
    promised_date,
    delivered_date
from {{ ref('int_parcels__judged') }}
