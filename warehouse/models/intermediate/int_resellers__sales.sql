-- What resellers' lines came to, by the month of the order. Commission is of the terms when it was sold, and goes back with what comes back.
with terms as (
    select
        reseller_sk,
        commission_rate
    from {{ ref('dim_resellers') }}
)

select
    items.reseller_key,
    cast(date_trunc('month', items.ordered_date) as date) as month_start,
    sum(items.gross_amount) as gmv,
    count(distinct case when items.is_valid then items.order_key end) as orders,
    count(*) as lines_booked,
    count(case when not items.is_valid then 1 end) as lines_cancelled,
    count(case when terms.commission_rate is null then 1 end) as lines_without_terms,
    count(distinct case when items.is_valid then items.product_key end) as products_sold,
    sum(case when items.is_valid then items.quantity else 0 end) as units,
    sum(case when items.is_valid then items.gross_amount else 0 end) as gross_sales,
    sum(case when items.is_valid then items.discount_amount else 0 end) as discounts,
    sum(case when items.is_valid then {{ amount('items.net_amount * coalesce(terms.commission_rate, 0)') }} else 0 end) as commission
from {{ ref('fact_order_items') }} as items
left join terms on items.reseller_sk = terms.reseller_sk
where items.is_booked and items.order_kind = 'sale' and items.item_kind = 'goods' and items.reseller_key is not null
group by all
