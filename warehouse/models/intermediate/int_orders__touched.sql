{{ config(materialized='table') }}

-- depends_on: {{ ref('int_orders__unioned') }}
-- depends_on: {{ ref('int_order_items__unioned') }}
-- depends_on: {{ ref('int_payments__unioned') }}
-- depends_on: {{ ref('int_shipments__unioned') }}
-- depends_on: {{ ref('int_refunds__unioned') }}
-- depends_on: {{ ref('int_orders__events') }}
-- depends_on: {{ ref('int_customers__touched') }}
-- depends_on: {{ ref('int_order_items__current') }}
-- depends_on: {{ ref('int_products__touched') }}
-- depends_on: {{ ref('int_resellers__touched') }}
-- depends_on: {{ ref('int_exchange_rates__unioned') }}

-- The orders that a build computes anew: those of which something landed, those whose customer, product, reseller or rate changed at their
-- time, and all other orders of the same customers, because an order counts as first or returning by the orders beside it.
-- The first build touches them all.
{%- set orders_before = adapter.get_relation(target.database, 'silver', 'fact_orders') %}
{% if flags.FULL_REFRESH or not orders_before %}
select order_key from {{ ref('int_orders__current') }}
{% else %}
with landed as (
    select order_key from {{ ref('int_orders__unioned') }} where is_new
    union
    select order_key from {{ ref('int_order_items__unioned') }} where is_new and order_key is not null
    union
    -- The tombstone of a line does not say which order it belonged to; the line itself, still in the lake, does. The facts would not do:
    -- a build that was killed may have taken the line out of some of them and not of others.
    select lines.order_key
    from {{ ref('int_order_items__unioned') }} as gone
    inner join {{ ref('int_order_items__unioned') }} as lines on gone.order_item_key = lines.order_item_key
    where gone.is_new and gone.is_deleted and lines.order_key is not null
    union
    select order_key from {{ ref('int_payments__unioned') }} where is_new
    union
    select order_key from {{ ref('int_shipments__unioned') }} where is_new
    union
    select order_key from {{ ref('int_refunds__unioned') }} where is_new
),

by_customer as (
    select events.order_key
    from {{ ref('int_orders__events') }} as events
    inner join {{ ref('int_customers__touched') }} as touched
        on events.customer_key = touched.customer_key and events.event_at >= touched.touched_from
),

by_product as (
    select items.order_key
    from {{ ref('int_order_items__current') }} as items
    inner join {{ ref('int_products__touched') }} as touched on items.product_key = touched.product_key
    inner join {{ ref('int_orders__current') }} as orders
        on items.order_key = orders.order_key and orders.ordered_at >= touched.touched_from
),

by_reseller as (
    select orders.order_key
    from {{ ref('int_orders__current') }} as orders
    left join {{ ref('int_order_items__current') }} as items on orders.order_key = items.order_key
    inner join {{ ref('int_resellers__touched') }} as touched
        on coalesce(items.reseller_key, orders.reseller_key) = touched.reseller_key and orders.ordered_at >= touched.touched_from
),

new_rates as (
    select
        currency,
        min(rate_date) as rate_date
    from {{ ref('int_exchange_rates__unioned') }}
    where is_new
    group by currency
),

by_rate as (
    select orders.order_key
    from {{ ref('int_orders__current') }} as orders
    inner join new_rates
        on orders.currency = new_rates.currency and {{ local_date('orders.ordered_at') }} >= new_rates.rate_date
),

touched as (
    select order_key from landed
    union
    select order_key from by_customer
    union
    select order_key from by_product
    union
    select order_key from by_reseller
    union
    select order_key from by_rate
),

-- an order may have moved from one customer to another: both are concerned
customers as (
    select customer_key
    from {{ ref('int_orders__current') }}
    where order_key in (select order_key from touched) and customer_key is not null
    union
    select customer_key
    from {{ orders_before }}
    where order_key in (select order_key from touched) and customer_key is not null
)

select order_key from touched
union
select order_key from {{ ref('int_orders__current') }} where customer_key in (select customer_key from customers)
{% endif %}
