-- the lines of each order of this build, brought to its grain before anything is joined
select
    order_key,
    count(*) as line_count,
    count(distinct case when item_kind = 'goods' then product_key end) as product_count,
    count(distinct reseller_key) as reseller_count,
    sum(case when item_kind = 'goods' then quantity else 0 end) as units,
    sum(case when order_kind = 'sale' and item_kind = 'goods' then gross_amount else 0 end) as gross_amount,
    sum(
        case
            when order_kind = 'adjustment' then 0
            when item_kind = 'discount' then -net_amount
            when order_kind = 'sale' and item_kind = 'goods' then discount_amount
            else 0
        end
    ) as discount_amount,
    sum(case when order_kind = 'adjustment' or item_kind not in ('goods', 'discount') then net_amount else 0 end) as other_amount,
    sum(case when order_kind = 'sale' and item_kind = 'goods' then net_amount_txn else 0 end) as goods_amount_txn,
    sum(tax_amount) as tax_amount,
    sum(net_amount_txn + tax_amount_txn) as total_txn
from {{ ref('fact_order_items') }}
where {{ of_this_build() }}
group by order_key
