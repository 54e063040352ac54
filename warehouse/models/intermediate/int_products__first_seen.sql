{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='product_key') }}

-- the first sale of each product that any order line names
select
    items.product_key,
    min(orders.ordered_at) as first_event_at,
    min(items.recorded_at) as recorded_at,
    min(items.source_name) as source_name,
    min(items.product_id) as product_id
from {{ ref('int_order_items__current') }} as items
inner join {{ ref('int_orders__current') }} as orders on items.order_key = orders.order_key
where
    items.product_key is not null
    and not items.is_deleted
    and not orders.is_deleted
    and {{ touched_only('items.product_key', 'product_key') }}
group by items.product_key
