{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='customer_key') }}

-- The first event of each customer whom any order names, registered or not; a payment may come a second before its order.
with orders as (
    select * from {{ ref('int_orders__current') }}
    where customer_key is not null and not is_deleted and {{ touched_only('customer_key', 'customer_key') }}
),

first_events as (
    select
        customer_key,
        min(event_at) as first_event_at
    from {{ ref('int_orders__events') }}
    where {{ touched_only('customer_key', 'customer_key') }}
    group by customer_key
)

select
    orders.customer_key,
    any_value(first_events.first_event_at) as first_event_at,
    min(orders.recorded_at) as recorded_at,
    {{ text_of_first('orders.source_name', 'orders.ordered_at, orders.order_key') }} as source_name,
    {{ text_of_first('orders.customer_id', 'orders.ordered_at, orders.order_key') }} as customer_id,
    {{ text_of_first('orders.country', 'orders.ordered_at, orders.order_key') }} as country
from orders
inner join first_events on orders.customer_key = first_events.customer_key
group by orders.customer_key
