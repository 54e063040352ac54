-- Counts and sums only; retention and lifetime value are ratios of their sums. A month that is not over yet is not mature: NULL, not 0.
with first_orders as (
    select
        customer_key,
        cast(date_trunc('month', min(ordered_date)) as date) as cohort_month
    from {{ ref('fact_orders') }}
    where is_valid and customer_key is not null
    group by customer_key
),

members as (
    select
        first_orders.customer_key,
        first_orders.cohort_month,
        coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
        coalesce(customers.country, 'ZZ') as country
    from first_orders
    left join {{ ref('dim_customers') }} as customers
        on first_orders.customer_key = customers.customer_key and customers.is_current
),

cohorts as (
    select
        cohort_month,
        acquisition_channel,
        country,
        count(*) as cohort_size
    from members
    group by all
),

activity as (
    select
        members.cohort_month,
        members.acquisition_channel,
        members.country,
        -- a credit note for a sale before our first file may be older than the first order we know
        greatest(0, date_diff('month', members.cohort_month, cast(date_trunc('month', orders.ordered_date) as date))) as month_number,
        count(distinct orders.customer_key) filter (where orders.is_valid) as active_customers,
        count(*) filter (where orders.is_valid) as orders,
        sum(orders.net_amount) as net_revenue
    from {{ ref('fact_orders') }} as orders
    inner join members on orders.customer_key = members.customer_key
    where orders.is_revenue
    group by all
),

bounds as (
    select max(event_date) as last_day from {{ ref('fact_sales_ledger') }}
),

months as (
    select
        cohorts.*,
        date_diff('month', cohorts.cohort_month, calendar.month_start) as month_number,
        calendar.month_end <= bounds.last_day as is_mature
    from cohorts
    cross join bounds
    inner join (select distinct
        month_start,
        month_end
    from {{ ref('dim_date') }}) as calendar
        on cohorts.cohort_month <= calendar.month_start and bounds.last_day >= calendar.month_start
)

select
    months.cohort_month,
    months.month_number,
    months.acquisition_channel,
    months.country,
    months.cohort_size,
    months.is_mature,
    case when months.is_mature then coalesce(activity.active_customers, 0) end as active_customers,
    coalesce(activity.orders, 0) as orders,
    cast(coalesce(activity.net_revenue, 0) as decimal(18, 4)) as net_revenue,
    cast(sum(coalesce(activity.net_revenue, 0)) over (
        partition by months.cohort_month, months.acquisition_channel, months.country order by months.month_number
    ) as decimal(18, 4)) as cumulative_net_revenue
from months
left join activity
    on
        months.cohort_month = activity.cohort_month
        and months.acquisition_channel = activity.acquisition_channel
        and months.country = activity.country
        and months.month_number = activity.month_number
