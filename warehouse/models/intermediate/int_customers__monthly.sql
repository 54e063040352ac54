-- money by the month of its event, counts by the month of the order; of the customers of this build
with ledger as (
    select * from {{ ref('fact_sales_ledger') }}
    where customer_key in (select customer_key from {{ ref('int_customers__renewed') }})
),

orders as (
    select * from {{ ref('fact_orders') }}
    where customer_key in (select customer_key from {{ ref('int_customers__renewed') }})
),

events as (
    select
        customer_key,
        cast(date_trunc('month', event_date) as date) as month_start,
        gross_sales,
        discounts,
        returns,
        cancellations,
        net_revenue,
        0 as orders,
        0 as units,
        cast(null as date) as ordered_date
    from ledger
    union all
    select
        customer_key,
        cast(date_trunc('month', ordered_date) as date) as month_start,
        0 as gross_sales,
        0 as discounts,
        0 as returns,
        0 as cancellations,
        0 as net_revenue,
        1 as orders,
        units,
        ordered_date
    from orders
    where is_valid
)

select
    customer_key,
    month_start,
    sum(gross_sales) as gross_sales,
    sum(discounts) as discounts,
    sum(returns) as returns,
    sum(cancellations) as cancellations,
    sum(net_revenue) as net_revenue,
    sum(orders) as orders,
    sum(units) as units,
    max(ordered_date) as last_order_date
from events
group by customer_key, month_start
