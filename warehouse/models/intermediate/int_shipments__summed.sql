-- the parcels of each order of this build, brought to its grain: shipped with the first, delivered with the last
select
    order_key,
    count(*) as parcel_count,
    min(shipped_at) as shipped_at,
    case when count(*) = count(delivered_at) then max(delivered_at) end as delivered_at,
    max(promised_at) as promised_at
from {{ ref('fact_shipments') }}
where {{ of_this_build() }}
group by order_key
