{%- set days = 'partition by order_key order by known_date' %}
-- What changed with an order of this build on each day of its own, and what it counts for from then on.
with states as (
    select * from {{ ref('int_orders__states') }}
),

stood as (
    select
        states.*,
        orders.ordered_date,
        orders.country,
        orders.channel,
        orders.currency,
        orders.order_kind,
        orders.is_booked,
        orders.is_valid,
        orders.status,
        orders.exchange_rate,
        orders.has_coupon,
        orders.is_guest
    from states
    left join {{ ref('int_orders__known') }} as orders
        on states.order_key = orders.known_order_key and states.known_date = orders.known_date
    where states.known_until is not null
    union all
    select
        states.*,
        orders.ordered_date,
        orders.country,
        orders.channel,
        orders.currency,
        orders.order_kind,
        orders.is_booked,
        orders.is_valid,
        orders.status,
        orders.exchange_rate,
        orders.coupon_code is not null as has_coupon,
        orders.customer_id is null as is_guest
    from states
    left join {{ ref('int_orders__resolved') }} as orders on states.order_key = orders.order_key
    where states.known_until is null
)

select
    order_key,
    known_date,
    known_until,
    ordered_date,
    country,
    coalesce(channel, 'unknown') as channel,
    currency,
    order_kind,
    coalesce(is_booked, false) as is_booked,
    coalesce(is_valid, false) as is_valid,
    has_coupon,
    is_guest,
    case
        when coalesce(is_booked, false) and not coalesce(lag(is_booked) over ({{ days }}), false) then 'order'
        when not coalesce(is_booked, false) and coalesce(lag(is_booked) over ({{ days }}), false) then 'removal'
        when coalesce(status = 'cancelled', false) <> coalesce(lag(status = 'cancelled') over ({{ days }}), false) then 'cancellation'
        when exchange_rate <> lag(exchange_rate) over ({{ days }}) then 'rate'
        else 'correction'
    end as change
from stood
