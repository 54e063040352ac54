-- What an order of this build comes to from each day of its own on, in the cells and measures of daily_sales. Money stands on the day of its
-- event; counts, and net revenue by order date, on the day of the order.
with booked as (
    select
        *,
        gross_sales - discounts - returns - cancellations as net_revenue
    from {{ ref('int_ledger__known') }}
),

units as (
    select
        known.known_order_key as order_key,
        known.known_date,
        sum(items.quantity) as units
    from {{ ref('int_order_items__known') }} as items
    inner join {{ ref('int_orders__known') }} as known on items.order_key = known.order_key
    where items.item_kind = 'goods'
    group by all
),

learnt as (
    select * from {{ ref('int_orders__learnt') }}
)

select
    * exclude (event_date, ordered_date, is_valid),
    'entry' as basis,
    event_date as business_date
from booked
union all by name
select
    order_key,
    known_date,
    known_until,
    event_type,
    country,
    channel,
    currency,
    'order' as basis,
    ordered_date as business_date,
    net_revenue as net_revenue_by_order_date
from booked
where is_valid
union all by name
select
    learnt.order_key,
    learnt.known_date,
    learnt.known_until,
    'count' as event_type,
    learnt.country,
    learnt.channel,
    learnt.currency,
    'order' as basis,
    learnt.ordered_date as business_date,
    1 as orders_booked,
    cast(learnt.is_valid as bigint) as orders,
    case when learnt.is_valid then coalesce(units.units, case when learnt.known_until is null then facts.units end, 0) else 0 end as units,
    cast(learnt.is_valid and learnt.has_coupon as bigint) as orders_with_coupon,
    cast(learnt.is_valid and learnt.is_guest as bigint) as guest_orders
from learnt
left join units on learnt.order_key = units.order_key and learnt.known_date = units.known_date
left join {{ ref('fact_orders') }} as facts on learnt.order_key = facts.order_key
where learnt.is_booked and learnt.order_kind = 'sale'
