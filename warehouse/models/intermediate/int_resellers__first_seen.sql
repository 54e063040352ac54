{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='reseller_key') }}

-- the first sale of each reseller that any order or line names
with named as (
    select
        order_key,
        reseller_key,
        reseller_id
    from {{ ref('int_orders__current') }}
    where {{ touched_only('reseller_key', 'reseller_key') }}
    union all
    select
        order_key,
        reseller_key,
        reseller_id
    from {{ ref('int_order_items__current') }}
    where not is_deleted and {{ touched_only('reseller_key', 'reseller_key') }}
)

select
    named.reseller_key,
    min(orders.ordered_at) as first_event_at,
    min(orders.recorded_at) as recorded_at,
    min(orders.source_name) as source_name,
    min(named.reseller_id) as reseller_id
from named
inner join {{ ref('int_orders__current') }} as orders on named.order_key = orders.order_key
where named.reseller_key is not null and not orders.is_deleted
group by named.reseller_key
