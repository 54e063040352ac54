{{ config(severity='warn') }}

-- Lines and refunds that name an order which has not arrived: they wait, with their amounts, and are counted here.
select
    'order_items' as entity,
    items.order_item_key as event_key,
    items.order_key
from {{ ref('int_order_items__current') }} as items
where not items.is_deleted and items.order_key not in (select order_key from {{ ref('int_orders__current') }})

union all

select
    'payments' as entity,
    payments.payment_key as event_key,
    payments.order_key
from {{ ref('int_payments__current') }} as payments
where not payments.is_deleted and payments.order_key not in (select order_key from {{ ref('int_orders__current') }})

union all

select
    'refunds' as entity,
    refunds.refund_key as event_key,
    refunds.order_key
from {{ ref('int_refunds__current') }} as refunds
where not refunds.is_deleted and refunds.order_key not in (select order_key from {{ ref('int_orders__current') }})
