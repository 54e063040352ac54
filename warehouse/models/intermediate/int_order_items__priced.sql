-- The lines of each order of this build, the order's discount shared out among them, with what they take over from their order.
with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
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
)

select
    -- the line
    shared.* exclude (reseller_key, is_deleted, observed_at, recorded_at),
    coalesce(shared.reseller_key, orders.reseller_key) as reseller_key,
    {{ amount('shared.quantity * shared.unit_price') }} as gross_amount_txn,
    {{ amount('shared.discount_amount + shared.order_discount_share') }} as discount_amount_txn,

    -- its order
    orders.customer_key,
    orders.customer_sk,
    orders.order_kind,
    orders.channel,
    orders.country,
    orders.is_test,
    orders.is_booked,
    orders.is_valid,
    orders.exchange_rate,
    orders.ordered_at,
    orders.ordered_date
from shared
inner join orders on shared.order_key = orders.order_key
