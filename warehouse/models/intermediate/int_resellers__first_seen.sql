-- the first sale of each reseller that any order or line names
select
    coalesce(items.reseller_key, orders.reseller_key) as reseller_key,
    min(orders.ordered_at) as first_event_at,
    min(orders.recorded_at) as recorded_at,
    min(orders.source_name) as source_name,
    min(coalesce(items.reseller_id, orders.reseller_id)) as reseller_id
from {{ ref('int_orders__current') }} as orders
left join {{ ref('int_order_items__current') }} as items on orders.order_key = items.order_key and not items.is_deleted
where coalesce(items.reseller_key, orders.reseller_key) is not null
group by 1
