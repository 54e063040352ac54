-- Gold adds up: every mart that carries net revenue carries the ledger's, or the part of it that its grain can hold.
with ledger as (
    select
        sum(entries.net_revenue) as total,
        sum(case when customers.customer_key is not null then entries.net_revenue else 0 end) as of_customers,
        sum(case when customers.orders > 0 then entries.net_revenue else 0 end) as of_buyers,
        sum(case when entries.reseller_key is not null then entries.net_revenue else 0 end) as of_resellers,
        sum(case when orders.coupon_code <> '' and orders.order_kind = 'sale' then entries.net_revenue else 0 end) as of_coupons,
        sum(case when orders.order_kind = 'sale' then entries.net_revenue else 0 end) as of_sales,
        -- a refund whose order has not arrived is in the books, in daily_sales and refunds, and in data_issues
        sum(case when orders.order_key is not null then entries.net_revenue else 0 end) as of_known_orders,
        sum(entries.returns) as returned
    from {{ ref('fact_sales_ledger') }} as entries
    left join {{ ref('customers') }} as customers on entries.customer_key = customers.customer_key
    left join {{ ref('fact_orders') }} as orders on entries.order_key = orders.order_key
),

by_product as (
    select sum(entries.net_revenue) as total
    from {{ ref('fact_sales_ledger') }} as entries
    inner join {{ ref('fact_order_items') }} as items on entries.order_item_key = items.order_item_key
    where items.item_kind = 'goods' and items.product_key is not null
),

compared as (
    select
        'daily_sales' as mart,
        (select sum(net_revenue) from {{ ref('daily_sales') }}) as found,
        ledger.total as expected
    from ledger
    union all
    select
        'fact_orders' as mart,
        (
            select sum(net_amount) from {{ ref('fact_orders') }}
            where is_revenue
        ) as found,
        ledger.of_known_orders as expected
    from ledger
    union all
    select
        'customers' as mart,
        (select sum(net_revenue) from {{ ref('customers') }}) as found,
        ledger.of_customers as expected
    from ledger
    union all
    select
        'fact_customers' as mart,
        (
            select sum(facts.net_revenue) from {{ ref('fact_customers') }} as facts
            inner join {{ ref('customers') }} as customers on facts.customer_key = customers.customer_key
        ) as found,
        ledger.of_customers as expected
    from ledger
    union all
    select
        'cohort_retention' as mart,
        (select sum(net_revenue) from {{ ref('cohort_retention') }}) as found,
        ledger.of_buyers as expected
    from ledger
    union all
    select
        'product_performance' as mart,
        (select sum(net_revenue) from {{ ref('product_performance') }}) as found,
        by_product.total as expected
    from by_product
    union all
    select
        'orders' as mart,
        (
            select sum(net_amount) from {{ ref('orders') }}
            where is_valid
        ) as found,
        ledger.of_sales as expected
    from ledger
    union all
    select
        'reseller_performance' as mart,
        (select sum(net_revenue) from {{ ref('reseller_performance') }}) as found,
        ledger.of_resellers as expected
    from ledger
    union all
    select
        'coupon_performance' as mart,
        (select sum(net_revenue) from {{ ref('coupon_performance') }}) as found,
        ledger.of_coupons as expected
    from ledger
    union all
    select
        'refunds' as mart,
        (select sum(returns) from {{ ref('refunds') }}) as found,
        ledger.returned as expected
    from ledger
)

select
    *,
    found - expected as difference
from compared
where coalesce(found, 0) <> coalesce(expected, 0)
