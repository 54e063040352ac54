-- Nested: each stage is counted among the orders of the stage before it, as they stand now. A source without payments or parcels says by the
-- status how far an order came. An order whose payment was given back no longer counts as paid.
with staged as (
    select
        *,
        paid_at is not null or status in ('paid', 'shipped', 'delivered') as is_paid,
        shipped_at is not null or status in ('shipped', 'delivered') as is_shipped,
        delivered_at is not null or status = 'delivered' as is_delivered,
        returned_units > 0 as is_returned
    from {{ ref('fact_orders') }}
    where not is_test and status <> 'draft' and order_kind = 'sale'
)

select
    ordered_date as business_date,
    coalesce(channel, 'unknown') as channel,
    country,
    count(*) as placed,
    count(case when is_paid then 1 end) as paid,
    count(case when is_paid and is_shipped then 1 end) as shipped,
    count(case when is_paid and is_shipped and is_delivered then 1 end) as delivered,
    count(case when is_paid and is_shipped and is_delivered and is_returned then 1 end) as returned
from staged
group by all
