-- every moment at which a fact of an order asks for the version of its customer
with orders as (
    select
        order_key,
        customer_key,
        ordered_at,
        case when status = 'cancelled' then coalesce(cancelled_at, updated_at, ordered_at) end as cancelled_at
    from {{ ref('int_orders__current') }}
    where customer_key is not null
),

moments as (
    select
        order_key,
        ordered_at as event_at
    from orders
    union all
    select
        order_key,
        cancelled_at as event_at
    from orders
    where cancelled_at is not null
    union all
    select
        order_key,
        attempted_at as event_at
    from {{ ref('int_payments__current') }}
    union all
    select
        order_key,
        shipped_at as event_at
    from {{ ref('int_shipments__current') }}
    union all
    select
        order_key,
        refunded_at as event_at
    from {{ ref('int_refunds__current') }}
)

select
    orders.order_key,
    orders.customer_key,
    moments.event_at
from moments
inner join orders on moments.order_key = orders.order_key
