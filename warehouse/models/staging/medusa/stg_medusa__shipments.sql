-- a fulfilment is a parcel once it has left
with parcels as (
    {{ latest('medusa', 'fulfillment', 'id', 'updated_at', 'deleted_at') }}
),

links as (
    {{ latest('medusa', 'order_fulfillment', 'order_id, fulfillment_id', 'updated_at', 'deleted_at') }}
),

contents as (
    select
        _source,
        fulfillment_id,
        cast(sum(case when _is_gone then 0 else quantity end) as decimal(18, 4)) as quantity,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'fulfillment_item', 'id', 'updated_at', 'deleted_at') }})
    group by _source, fulfillment_id
)

select
    {{ joined_landing_columns(
        ['parcels', 'links', 'contents'], 'parcels._is_gone or links._is_gone or parcels.canceled_at is not null'
    ) }},

    -- ids
    parcels.id as shipment_id,
    links.order_id,

    -- what it is
    parcels.provider_id as carrier,
    case when parcels.delivered_at is not null then 'delivered' else 'shipped' end as status,
    contents.quantity,

    -- times
    parcels.shipped_at,
    cast(null as timestamp) as promised_at,
    parcels.delivered_at,
    parcels.updated_at
from parcels
inner join links on parcels._source = links._source and parcels.id = links.fulfillment_id
left join contents on parcels._source = contents._source and parcels.id = contents.fulfillment_id
where parcels.shipped_at is not null
