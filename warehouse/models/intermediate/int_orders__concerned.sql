-- The orders whose customer, product, reseller or rate changed at the time of one of their events: nothing of theirs need have landed.
with by_customer as (
    select events.order_key
    from {{ ref('int_orders__events') }} as events
    inner join {{ ref('int_customers__touched') }} as touched
        on
            events.customer_key = touched.customer_key
            and events.event_at >= touched.touched_from
            and events.event_at < touched.touched_to
),

by_product as (
    select items.order_key
    from {{ ref('int_order_items__current') }} as items
    inner join {{ ref('int_products__touched') }} as touched on items.product_key = touched.product_key
    inner join {{ ref('int_orders__current') }} as orders
        on
            items.order_key = orders.order_key
            and touched.touched_from <= orders.ordered_at
            and touched.touched_to > orders.ordered_at
),

sellers as (
    select
        order_key,
        reseller_key
    from {{ ref('int_orders__current') }}
    union all
    select
        order_key,
        reseller_key
    from {{ ref('int_order_items__current') }}
),

by_reseller as (
    select sellers.order_key
    from sellers
    inner join {{ ref('int_resellers__touched') }} as touched on sellers.reseller_key = touched.reseller_key
    inner join {{ ref('int_orders__current') }} as orders
        on
            sellers.order_key = orders.order_key
            and touched.touched_from <= orders.ordered_at
            and touched.touched_to > orders.ordered_at
),

by_rate as (
    select amounts.order_key
    from {{ ref('int_orders__amounts') }} as amounts
    inner join {{ ref('int_exchange_rates__touched') }} as touched
        on
            amounts.currency = touched.currency
            and amounts.rate_date >= touched.touched_from
            and amounts.rate_date < touched.touched_to
)

select order_key from by_customer
union
select order_key from by_product
union
select order_key from by_reseller
union
select order_key from by_rate
