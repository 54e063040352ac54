-- Spreading a refund over lines moves no cent: per refund, the lines add up to what the source stated.
with stated as (
    select
        refund_key,
        goods_amount + shipping_amount + tax_amount as amount
    from {{ ref('int_refunds__current') }}
    where not is_deleted
),

spread as (
    select
        refund_key,
        sum(goods_amount_txn + shipping_amount_txn + tax_amount_txn) as amount
    from {{ ref('fact_refunds') }}
    where order_kind = 'sale'
    group by refund_key
)

select
    stated.refund_key,
    stated.amount as stated_amount,
    spread.amount as spread_amount
from stated
left join spread on stated.refund_key = spread.refund_key
where spread.amount is null or spread.amount <> stated.amount
