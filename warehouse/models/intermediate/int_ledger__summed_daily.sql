-- money stands on the day of its event
select
    ledger.event_date as business_date,
    ledger.country,
    coalesce(ledger.channel, 'unknown') as channel,
    coalesce(orders.customer_type, 'unknown') as customer_type,
    ledger.currency,
    sum(ledger.gross_sales) as gross_sales,
    sum(ledger.discounts) as discounts,
    sum(ledger.returns) as returns,
    sum(ledger.cancellations) as cancellations,
    sum(ledger.net_revenue) as net_revenue,
    sum(ledger.shipping_revenue) as shipping_revenue,
    sum(ledger.taxes) as taxes,
    sum(ledger.gift_cards) as gift_cards,
    sum(ledger.adjustments) as adjustments
from {{ ref('fact_sales_ledger') }} as ledger
left join {{ ref('fact_orders') }} as orders on ledger.order_key = orders.order_key
group by all
