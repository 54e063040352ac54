-- Lines, payments, parcels and refunds of orders that have not arrived: they wait, with their amounts; and parcels that came before they left.
with known as (
    select order_key from {{ ref('int_orders__current') }}
)

select
    'line_without_order' as reason,
    'order_items' as entity,
    order_item_key as event_key,
    order_key,
    source_name,
    'its order has not arrived; it is no sale before it does' as detail,
    cast(quantity * unit_price - discount_amount + tax_amount as decimal(18, 4)) as amount,
    cast(null as varchar) as currency
from {{ ref('int_order_items__current') }}
where not is_deleted and order_key not in (select order_key from known)

union all

select
    'payment_without_order' as reason,
    'payments' as entity,
    payment_key as event_key,
    order_key,
    source_name,
    'its order has not arrived; it is a fact without customer or country' as detail,
    amount_txn as amount,
    currency
from {{ ref('fact_payments') }}
where order_key not in (select order_key from known)

union all

select
    'refund_without_order' as reason,
    'refunds' as entity,
    refund_item_key as event_key,
    order_key,
    source_name,
    'its order has not arrived; it lowers net revenue all the same' as detail,
    cast(goods_amount_txn + shipping_amount_txn + tax_amount_txn as decimal(18, 4)) as amount,
    currency
from {{ ref('fact_refunds') }}
where order_key not in (select order_key from known)

union all

select
    case when order_key in (select order_key from known) then 'delivered_before_shipped' else 'parcel_without_order' end as reason,
    'shipments' as entity,
    shipment_key as event_key,
    order_key,
    source_name,
    case
        when order_key in (select order_key from known) then 'it is said to have arrived before it left; it has no transit time'
        else 'its order has not arrived; it is a fact without customer or country'
    end as detail,
    cast(null as decimal(18, 4)) as amount,
    cast(null as varchar) as currency
from {{ ref('fact_shipments') }}
where order_key not in (select order_key from known) or delivered_at < shipped_at
