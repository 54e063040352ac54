-- what came back of resellers' goods, by the month of the order that sold them
select
    refunds.reseller_key,
    cast(date_trunc('month', refunds.ordered_date) as date) as month_start,
    sum(refunds.quantity) as returned_units,
    count(distinct refunds.order_key) as orders_with_refund,
    sum(refunds.goods_amount) as returns,
    sum({{ amount('refunds.goods_amount * coalesce(terms.commission_rate, 0)') }}) as commission
from {{ ref('fact_refunds') }} as refunds
left join {{ ref('dim_resellers') }} as terms on refunds.reseller_sk = terms.reseller_sk
where refunds.is_revenue and refunds.item_kind = 'goods' and refunds.reseller_key is not null
group by all
