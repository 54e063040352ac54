{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with shipments as (
    select * from {{ ref('int_shipments__current') }}
    where not is_deleted and {{ touched_only() }}
),

orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ touched_only() }}
)

select
    -- ids
    shipments.shipment_key,
    shipments.order_key,
    shipments.source_name,
    shipments.shipment_id,
    shipments.order_id,

    -- members, as they were when the parcel left
    orders.customer_key,
    coalesce(customers.customer_sk, '-1') as customer_sk,

    -- what it is
    shipments.carrier,
    shipments.status,
    shipments.quantity,
    orders.channel,
    coalesce(orders.country, 'ZZ') as country,
    coalesce(orders.is_test, false) as is_test,

    -- times
    orders.ordered_at,
    shipments.shipped_at,
    shipments.promised_at,
    shipments.delivered_at,
    {{ local_date('shipments.shipped_at') }} as shipped_date,
    {{ local_date('shipments.promised_at') }} as promised_date,
    {{ local_date('shipments.delivered_at') }} as delivered_date
from shipments
left join orders on shipments.order_key = orders.order_key
{{ as_of('dim_customers', 'orders.customer_key', 'shipments.shipped_at', 'customers') }}
