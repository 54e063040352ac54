-- by the month of the refund; what a refund gives back of no product stands under unknown
select
    cast(date_trunc('month', refunded_date) as date) as refund_month,
    coalesce(product_key, 'unknown') as product_key,
    coalesce(reason, 'unknown') as reason,
    count(distinct refund_key) as refunds,
    count(distinct order_key) as orders,
    cast(sum(quantity) as decimal(18, 4)) as units,
    cast(sum(case when item_kind = 'gift_card' then 0 else goods_amount end) as decimal(18, 4)) as returns,
    cast(sum(case when item_kind = 'gift_card' then goods_amount else 0 end) as decimal(18, 4)) as gift_card_amount,
    cast(sum(shipping_amount) as decimal(18, 4)) as shipping_amount,
    cast(sum(tax_amount) as decimal(18, 4)) as tax_amount,
    count(ordered_date) as lines_with_order,
    cast(coalesce(sum(refunded_date - ordered_date), 0) as bigint) as days_to_refund,
    cast(percentile_disc(0.5) within group (order by refunded_date - ordered_date) as bigint) as median_days_to_refund
from {{ ref('fact_refunds') }}
where is_booked
group by all
