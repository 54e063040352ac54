-- what a refund of an order of this build takes back, on the day of the refund
select
    'refund' as event_type,
    order_key,
    order_item_key,
    refund_item_key,
    product_key,
    product_sk,
    reseller_key,
    reseller_sk,
    customer_sk,
    refunded_at as event_at,
    0 as gross_sales,
    0 as discounts,
    case when item_kind = 'gift_card' then 0 else goods_amount end as returns,
    0 as cancellations,
    -shipping_amount as shipping,
    -tax_amount as taxes,
    case when item_kind = 'gift_card' then -goods_amount else 0 end as gift_cards,
    0 as adjustments
from {{ ref('fact_refunds') }}
where is_booked and {{ of_this_build() }}
