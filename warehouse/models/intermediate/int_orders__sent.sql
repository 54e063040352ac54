-- what left of each order whose row of gold is made anew, and whether the order is old enough to be judged by it
with sent as (
    select
        order_key,
        sum(quantity) as units
    from {{ ref('fact_shipments') }}
    where {{ of_this_build('order_key', 'int_orders__renewed') }}
    group by order_key
)

select
    orders.order_key,
    {{ is_settled('orders.ordered_date', 'bounds.last_day') }} as is_settled,
    cast(least(
        coalesce(sent.units, case when orders.status in ('shipped', 'delivered') then orders.units else 0 end), orders.units
    ) as decimal(18, 4)) as shipped_units
from {{ ref('fact_orders') }} as orders
cross join {{ ref('int_ledger__last_day') }} as bounds
left join sent on orders.order_key = sent.order_key
where {{ of_this_build('orders.order_key', 'int_orders__renewed') }}
