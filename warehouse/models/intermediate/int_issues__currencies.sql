-- What is said in a currency that nobody knows: it is in the facts with its amounts as said, and counts nowhere.
with said as (
    select
        'orders' as entity,
        order_key as event_key,
        order_key,
        source_name,
        total_amount_txn as amount,
        currency,
        exchange_rate
    from {{ ref('fact_orders') }}
    where not is_test and status not in ('draft', 'failed')
    union all
    select
        'payments' as entity,
        payment_key as event_key,
        order_key,
        source_name,
        amount_txn as amount,
        currency,
        exchange_rate
    from {{ ref('fact_payments') }}
    where not is_test
    union all
    select
        'refunds' as entity,
        refund_item_key as event_key,
        order_key,
        source_name,
        goods_amount_txn + shipping_amount_txn + tax_amount_txn as amount,
        currency,
        exchange_rate
    from {{ ref('fact_refunds') }}
    where not is_test
)

select
    'unknown_currency' as reason,
    entity,
    -- an order, a payment and a refund may have the same key
    entity || '/' || event_key as event_key,
    order_key,
    source_name,
    'currency ' || coalesce(currency, 'of no name')
    || ' is not in ISO 4217 and has no rate: it counts nowhere until the shop says another, or a rate lands' as detail,
    cast(amount as decimal(18, 4)) as amount,
    currency
from said
where not {{ is_known_currency('currency', 'exchange_rate') }}
