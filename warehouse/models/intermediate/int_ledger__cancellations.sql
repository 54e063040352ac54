-- what a cancellation of this build reverses on its own day: of each line, and of the order's shipping and tax, what no refund took back before
with orders as (
    select
        *,
        coalesce(cancelled_at, updated_at, ordered_at) as reversed_at
    from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }} and is_booked and status = 'cancelled' and order_kind = 'sale'
),

booked as (
    select sales.*
    from {{ ref('int_ledger__sales') }} as sales
    where sales.order_key in (select order_key from orders)
),

refunded as (
    select refunds.*
    from {{ ref('int_ledger__refunds') }} as refunds
    inner join orders on refunds.order_key = orders.order_key
    where refunds.event_at <= orders.reversed_at
),

left_over as (
    select
        order_key,
        order_item_key,
        any_value(product_key) as product_key,
        any_value(product_sk) as product_sk,
        any_value(reseller_key) as reseller_key,
        any_value(reseller_sk) as reseller_sk,
        sum(gross_sales - discounts - returns) as goods,
        sum(shipping) as shipping,
        sum(taxes) as taxes,
        sum(gift_cards) as gift_cards,
        sum(adjustments) as adjustments
    from (
        select * from booked
        union all
        select * from refunded
    )
    group by order_key, order_item_key
)

select
    'cancellation' as event_type,
    left_over.order_key,
    left_over.order_item_key,
    cast(null as varchar) as refund_item_key,
    left_over.product_key,
    left_over.product_sk,
    left_over.reseller_key,
    left_over.reseller_sk,
    coalesce(customers.customer_sk, '-1') as customer_sk,
    orders.reversed_at as event_at,
    0 as gross_sales,
    0 as discounts,
    0 as returns,
    left_over.goods as cancellations,
    -left_over.shipping as shipping,
    -left_over.taxes as taxes,
    -left_over.gift_cards as gift_cards,
    -left_over.adjustments as adjustments
from left_over
inner join orders on left_over.order_key = orders.order_key
{{ as_of('dim_customers', 'orders.customer_key', 'orders.reversed_at', 'customers') }}
