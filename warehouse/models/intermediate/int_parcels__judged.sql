-- One row per parcel with what there is to judge. A promise is due once its day is before the last day of trade: due and not there is late.
-- A parcel that arrived before it left says nothing about its transit: it is counted apart.
select
    parcels.shipment_key,
    parcels.order_key,
    coalesce(parcels.carrier, 'unknown') as carrier,
    parcels.country,
    parcels.shipped_date,
    parcels.promised_date,
    parcels.delivered_date,
    cast(date_trunc('month', parcels.shipped_date) as date) as ship_month,
    cast(date_trunc('month', parcels.promised_date) as date) as promised_month,
    coalesce(sellers.seller, 'own') as seller,
    coalesce(parcels.quantity, 0) as units,
    parcels.promised_at is null as has_no_promise,
    coalesce(parcels.promised_date < bounds.last_day, false) as is_due,
    coalesce(parcels.delivered_at <= parcels.promised_at, false) as is_in_time,
    parcels.delivered_at is null as is_undelivered,
    parcels.status = 'lost' as is_lost,
    coalesce(parcels.delivered_at < parcels.shipped_at, false) as is_impossible,
    date_diff('minute', coalesce(orders.paid_at, orders.ordered_at), parcels.shipped_at) as handling_minutes,
    case when parcels.delivered_at >= parcels.shipped_at then date_diff('minute', parcels.shipped_at, parcels.delivered_at) end
        as transit_minutes,
    case when parcels.delivered_at > parcels.promised_at then date_diff('minute', parcels.promised_at, parcels.delivered_at) end
        as late_minutes
from {{ ref('fact_shipments') }} as parcels
cross join {{ ref('int_ledger__last_day') }} as bounds
left join {{ ref('fact_orders') }} as orders on parcels.order_key = orders.order_key
left join {{ ref('int_orders__sellers') }} as sellers on parcels.order_key = sellers.order_key
where not parcels.is_test
