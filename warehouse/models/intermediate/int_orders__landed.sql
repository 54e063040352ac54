{{ config(materialized='table') }}

-- The orders of which something landed. A line, payment, parcel or refund that names another order than before, and a tombstone, which
-- names none, concern the order that they belonged to: the facts, as the last build left them, say which.
{%- set parts = {'order_items': 'order_item_key', 'payments': 'payment_key', 'shipments': 'shipment_key', 'refunds': 'refund_key'} %}
with landed as (
    select order_key from {{ ref('int_orders__unioned') }}
    where is_new
    {%- for entity, key in parts.items() %}
    union
    select order_key from {{ ref('int_' ~ entity ~ '__unioned') }}
    where is_new
    {%- set before = adapter.get_relation(target.database, 'silver', 'fact_' ~ entity) %}
    {%- if before and not flags.FULL_REFRESH %}
    union
    select order_key from {{ before }}
    where {{ key }} in (select {{ key }} from {{ ref('int_' ~ entity ~ '__unioned') }} where is_new)
    {%- endif %}
    {%- endfor %}
)

select order_key
from landed
where order_key is not null
