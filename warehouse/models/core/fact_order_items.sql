{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with priced as (
    select * from {{ ref('int_order_items__priced') }}
    where {{ touched_only() }}
)

select
    -- ids
    priced.order_item_key,
    priced.order_key,
    priced.source_name,
    priced.order_item_id,
    priced.order_id,
    priced.line_number,

    -- members, as they were when the order was placed
    priced.customer_key,
    priced.customer_sk,
    priced.product_key,
    coalesce(products.product_sk, '-1') as product_sk,
    priced.reseller_key,
    coalesce(resellers.reseller_sk, '-1') as reseller_sk,

    -- what it is
    priced.order_kind,
    priced.item_kind,
    priced.channel,
    priced.country,
    priced.is_test,
    priced.is_booked,
    priced.is_valid,
    priced.reseller_key is not null as is_marketplace,

    {{ line_amounts('priced') }},

    -- times
    priced.ordered_at,
    priced.ordered_date
from priced
{{ as_of('dim_products', 'priced.product_key', 'priced.ordered_at', 'products') }}
{{ as_of('dim_resellers', 'priced.reseller_key', 'priced.ordered_at', 'resellers') }}
