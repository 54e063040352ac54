-- One row per order that was paid or shipped: how far it has come.
with paid as (
    select
        links._source,
        links.order_id,
        {{ any_true('payments.captured_at is not null and not links._is_gone and not payments._is_gone') }} as is_paid,
        0 as parcels,
        0 as shipped,
        0 as delivered,
        greatest(max(links._seen_at), max(payments._seen_at)) as _seen_at,
        greatest(max(links._ingested_at), max(payments._ingested_at)) as _ingested_at,
        {{ any_true('links._is_fresh or payments._is_fresh') }} as _is_fresh
    from ({{ latest('medusa', 'order_payment_collection', 'order_id, payment_collection_id', 'updated_at', 'deleted_at') }}) as links
    inner join ({{ latest('medusa', 'payment', 'id', 'updated_at', 'deleted_at') }}) as payments
        on links._source = payments._source and links.payment_collection_id = payments.payment_collection_id
    group by links._source, links.order_id
),

sent as (
    select
        links._source,
        links.order_id,
        false as is_paid,
        count(*) filter (not links._is_gone and not parcels._is_gone and parcels.canceled_at is null) as parcels,
        count(parcels.shipped_at) filter (not links._is_gone and not parcels._is_gone and parcels.canceled_at is null) as shipped,
        count(parcels.delivered_at) filter (not links._is_gone and not parcels._is_gone and parcels.canceled_at is null) as delivered,
        greatest(max(links._seen_at), max(parcels._seen_at)) as _seen_at,
        greatest(max(links._ingested_at), max(parcels._ingested_at)) as _ingested_at,
        {{ any_true('links._is_fresh or parcels._is_fresh') }} as _is_fresh
    from ({{ latest('medusa', 'order_fulfillment', 'order_id, fulfillment_id', 'updated_at', 'deleted_at') }}) as links
    inner join ({{ latest('medusa', 'fulfillment', 'id', 'updated_at', 'deleted_at') }}) as parcels
        on links._source = parcels._source and links.fulfillment_id = parcels.id
    group by links._source, links.order_id
),

steps as (
    select * from paid
    union all
    select * from sent
)

select
    _source,
    order_id,
    case
        when sum(parcels) > 0 and sum(delivered) = sum(parcels) then 'delivered'
        when sum(shipped) > 0 then 'shipped'
        when {{ any_true('is_paid') }} then 'paid'
        else 'pending'
    end as status,
    {{ grouped_landing_columns() }}
from steps
group by _source, order_id
