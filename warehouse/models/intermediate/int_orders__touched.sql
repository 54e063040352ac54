{{ config(materialized='table') }}

-- depends_on: {{ ref('int_orders__concerned') }}
-- depends_on: {{ ref('int_orders__landed') }}
-- depends_on: {{ ref('int_orders__current') }}

-- The orders that a build computes anew: those of which something landed, those whose customer, product, reseller or rate changed at
-- their time, and the later orders of the same customers, because an order counts as first or returning by those before it.
-- The first build touches them all.
{%- set orders_before = adapter.get_relation(target.database, 'silver', 'fact_orders') %}
{%- if flags.FULL_REFRESH or not orders_before %}
with every_one as (
    {%- for entity in ['orders', 'order_items', 'payments', 'shipments', 'refunds'] %}
    select order_key from {{ ref('int_' ~ entity ~ '__current') }}
    where order_key is not null
    union
    {%- endfor %}
    -- those that a line or a refund belonged to once, and nothing does now
    select order_key from {{ ref('int_order_items__recorded') }}
    where order_key is not null
    union
    select order_key from {{ ref('int_refunds__recorded') }}
    where order_key is not null
)
{%- else %}
with touched as (
    select order_key from {{ ref('int_orders__landed') }}
    union
    select order_key from {{ ref('int_orders__concerned') }}
),

-- an order may have moved from one customer to another, or in time: both places are concerned
moments as (
    select
        customer_key,
        min(ordered_at) as ordered_at
    from (
        select
            customer_key,
            ordered_at
        from {{ ref('int_orders__current') }}
        where order_key in (select order_key from touched)
        union all
        select
            customer_key,
            ordered_at
        from {{ orders_before }}
        where order_key in (select order_key from touched)
    )
    where customer_key is not null
    group by customer_key
),

every_one as (
    select order_key from touched
    union
    select orders.order_key
    from {{ ref('int_orders__current') }} as orders
    inner join moments on orders.customer_key = moments.customer_key and orders.ordered_at >= moments.ordered_at
    {{- still_touched('order_key') }}
)
{%- endif %}

select
    order_key,
    {{ built_through() }} as built_through
from every_one
