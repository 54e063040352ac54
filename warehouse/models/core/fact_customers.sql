{{ config(materialized='incremental', incremental_strategy='replace_renewed', unique_key='customer_key') }}

{%- set running = 'partition by filled.customer_key order by filled.month_start' %}
-- Periodic snapshot: every month from the customer's first to the last month of trade.
with by_month as (
    select * from {{ ref('int_customers__monthly') }}
),

months as (
    select
        first_months.customer_key,
        calendar.month_start,
        calendar.month_end
    from (select
        customer_key,
        min(month_start) as first_month
    from by_month
    group by customer_key) as first_months
    inner join (select distinct
        month_start,
        month_end
    from {{ ref('dim_date') }}) as calendar
        on
            first_months.first_month <= calendar.month_start
            and calendar.month_start <= (select max(last_month) from {{ ref('int_customers__renewed') }})
),

filled as (
    select
        months.customer_key,
        months.month_start,
        months.month_end,
        coalesce(by_month.gross_sales, 0) as gross_sales,
        coalesce(by_month.discounts, 0) as discounts,
        coalesce(by_month.returns, 0) as returns,
        coalesce(by_month.cancellations, 0) as cancellations,
        coalesce(by_month.net_revenue, 0) as net_revenue,
        coalesce(by_month.orders, 0) as orders,
        coalesce(by_month.units, 0) as units,
        by_month.last_order_date
    from months
    left join by_month on months.customer_key = by_month.customer_key and months.month_start = by_month.month_start
)

select
    filled.customer_key,
    coalesce(customers.customer_sk, '-1') as customer_sk,
    filled.month_start,
    filled.month_end,
    cast(filled.orders as bigint) as orders,
    cast(filled.units as decimal(18, 4)) as units,
    cast(filled.gross_sales as decimal(18, 4)) as gross_sales,
    cast(filled.discounts as decimal(18, 4)) as discounts,
    cast(filled.returns as decimal(18, 4)) as returns,
    cast(filled.cancellations as decimal(18, 4)) as cancellations,
    cast(filled.net_revenue as decimal(18, 4)) as net_revenue,
    cast(sum(filled.orders) over ({{ running }}) as bigint) as orders_to_date,
    cast(sum(filled.units) over ({{ running }}) as decimal(18, 4)) as units_to_date,
    cast(sum(filled.net_revenue) over ({{ running }}) as decimal(18, 4)) as net_revenue_to_date,
    datediff('day', max(filled.last_order_date) over ({{ running }}), filled.month_end) as days_since_last_order
from filled
{{ as_of('dim_customers', 'filled.customer_key', '(' ~ end_of_day('filled.month_end') ~ ')', 'customers') }}
