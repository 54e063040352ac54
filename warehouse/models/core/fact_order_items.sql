{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ touched_only() }}
),

lines as (
    select
        items.*,
        orders.currency,
        orders.discount_amount as order_discount_amount,
        greatest(items.quantity * items.unit_price - items.discount_amount, 0) as weight
    from {{ ref('int_order_items__current') }} as items
    inner join orders on items.order_key = orders.order_key
    where not items.is_deleted
),

shared as (
    select * from {{ spread(
        'lines', total='order_discount_amount', weight='weight', currency='currency',
        partition_by='order_key', order_by='line_number, order_item_key', share='order_discount_share',
    ) }}
),

priced as (
    select
        shared.*,
        {{ amount('shared.quantity * shared.unit_price') }} as gross_amount_txn,
        {{ amount('shared.discount_amount + shared.order_discount_share') }} as discount_amount_txn,
        orders.exchange_rate
    from shared
    inner join orders on shared.order_key = orders.order_key
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
    orders.customer_key,
    orders.customer_sk,
    priced.product_key,
    coalesce(products.product_sk, '-1') as product_sk,
    coalesce(priced.reseller_key, orders.reseller_key) as reseller_key,
    coalesce(resellers.reseller_sk, '-1') as reseller_sk,

    -- what it is
    orders.order_kind,
    priced.item_kind,
    orders.channel,
    orders.country,
    orders.is_test,
    orders.is_booked,
    orders.is_valid,
    coalesce(priced.reseller_key, orders.reseller_key) is not null as is_marketplace,

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
    orders.ordered_at,
    orders.ordered_date
from priced
inner join orders on priced.order_key = orders.order_key
{{ as_of('dim_products', 'priced.product_key', 'orders.ordered_at', 'products') }}
{{ as_of('dim_resellers', 'coalesce(priced.reseller_key, orders.reseller_key)', 'orders.ordered_at', 'resellers') }}
