-- One row per refund and line, of the orders of this build: a refund of a line goes to that line, a refund of a whole order is spread over its lines by net amount.
-- Shipping and tax stand on the first line only, so that they add up.
with refunds as (
    select * from {{ ref('int_refunds__current') }}
    where not is_deleted and {{ of_this_build() }}
),

lines as (
    select * from {{ ref('fact_order_items') }}
    where item_kind in ('goods', 'gift_card') and {{ of_this_build() }}
),

-- two joins on keys: one join on either would compare every refund with every line
candidates as (
    select
        refunds.*,
        coalesce(lines.order_item_key, refunds.order_item_key) as refunded_item_key,
        lines.line_number,
        greatest(coalesce(lines.net_amount_txn, 0), 0) as weight
    from refunds
    left join lines
        on refunds.order_key = lines.order_key and refunds.order_item_key = lines.order_item_key
    where refunds.order_item_key is not null
    union all
    select
        refunds.*,
        lines.order_item_key as refunded_item_key,
        lines.line_number,
        greatest(coalesce(lines.net_amount_txn, 0), 0) as weight
    from refunds
    left join lines on refunds.order_key = lines.order_key
    where refunds.order_item_key is null
),

shared as (
    select * from {{ spread(
        'candidates', total='goods_amount', weight='weight', currency='currency',
        partition_by='refund_key', order_by='line_number, refunded_item_key', share='goods_share',
    ) }}
)

select
    *,
    row_number() over (partition by refund_key order by line_number, refunded_item_key) = 1 as is_first_line
from shared
