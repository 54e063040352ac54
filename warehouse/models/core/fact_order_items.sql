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

    -- amounts in the order's currency
    priced.currency,
    priced.exchange_rate,
    priced.quantity,
    priced.unit_price as unit_price_txn,
    priced.gross_amount_txn,
    priced.discount_amount_txn,
    {{ amount('priced.gross_amount_txn - priced.discount_amount_txn') }} as net_amount_txn,
    priced.tax_amount as tax_amount_txn,

    -- amounts in the reporting currency
    {{ amount('priced.gross_amount_txn * priced.exchange_rate') }} as gross_amount,
    {{ amount('priced.discount_amount_txn * priced.exchange_rate') }} as discount_amount,
    {{ amount('priced.gross_amount_txn * priced.exchange_rate') }}
    - {{ amount('priced.discount_amount_txn * priced.exchange_rate') }} as net_amount,
    {{ amount('priced.tax_amount * priced.exchange_rate') }} as tax_amount,

    -- times
    priced.ordered_at,
    priced.ordered_date
from priced
{{ as_of('dim_products', 'priced.product_key', 'priced.ordered_at', 'products') }}
{{ as_of('dim_resellers', 'priced.reseller_key', 'priced.ordered_at', 'resellers') }}
