-- the refunds of each order of this build, brought to its grain
select
    order_key,
    count(distinct refund_key) as refund_count,
    sum(quantity) as returned_units,
    sum(case when item_kind = 'gift_card' then 0 else goods_amount end) as refunded_amount,
    sum(case when item_kind = 'gift_card' then 0 else goods_amount_txn end) as refunded_amount_txn,
    min(refunded_at) as first_refunded_at
from {{ ref('fact_refunds') }}
where {{ of_this_build() }}
group by order_key
