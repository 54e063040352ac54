{{ config(unique_key='order_key', meta={'renewed': 'int_parcels__renewed'}) }}

-- depends_on: {{ ref('int_parcels__renewed') }}

-- What delivery_performance counts, parcel by parcel: percentiles and rates over any period are of these rows. A parcel that arrived before it left
-- says nothing about its transit: it is counted apart.
with parcels as (
    select * from {{ ref('fact_shipments') }}
    where not is_test and {{ touched_only() }}
),

orders as (
    select
        order_key,
        coalesce(paid_at, ordered_at) as payable_from
    from {{ ref('fact_orders') }}
    where {{ touched_only() }}
),

-- who sold the goods of an order: the shop (own), a reseller, or several (mixed); parcels do not say whose goods they carry
sellers as (
    select
        order_key,
        case when count(distinct coalesce(reseller_key, 'own')) = 1 then min(coalesce(reseller_key, 'own')) else 'mixed' end as seller
    from {{ ref('fact_order_items') }}
    where item_kind = 'goods' and {{ touched_only() }}
    group by order_key
)

select
    -- ids
    parcels.shipment_key,
    parcels.order_key,

    -- what it is
    coalesce(parcels.carrier, 'unknown') as carrier,
    parcels.country,
    coalesce(sellers.seller, 'own') as seller,
    cast(coalesce(parcels.quantity, 0) as decimal(18, 4)) as units,
    {{ is_due('parcels.promised_date', 'bounds.last_day') }} as is_due,
    coalesce(parcels.delivered_at <= parcels.promised_at, false) as is_in_time,
    parcels.status = 'lost' as is_lost,
    coalesce(parcels.delivered_at < parcels.shipped_at, false) as is_delivered_before_shipped,

    -- spans
    datediff('minute', orders.payable_from, parcels.shipped_at) as handling_minutes,
    case when parcels.delivered_at >= parcels.shipped_at then datediff('minute', parcels.shipped_at, parcels.delivered_at) end
        as transit_minutes,
    case when parcels.delivered_at > parcels.promised_at then datediff('minute', parcels.promised_at, parcels.delivered_at) end
        as late_minutes,

    -- days
    parcels.shipped_date,
    parcels.promised_date,
    parcels.delivered_date
from parcels
cross join {{ ref('int_ledger__last_day') }} as bounds
left join orders on parcels.order_key = orders.order_key
left join sellers on parcels.order_key = sellers.order_key
