-- who sold the goods of an order: the shop (own), a reseller, or several (mixed); parcels do not say whose goods they carry
select
    order_key,
    case when count(distinct coalesce(reseller_key, 'own')) = 1 then min(coalesce(reseller_key, 'own')) else 'mixed' end as seller
from {{ ref('fact_order_items') }}
where item_kind = 'goods'
group by order_key
