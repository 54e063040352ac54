-- Counts and sums only; retention and lifetime value are ratios of their sums. What a curve is drawn of is NULL, not 0, until its month
-- is over; orders and net revenue are sums so far, so that all of them add up to the ledger.
with members as (
    select * from {{ ref('int_customers__cohorts') }}
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
        greatest(members.cohort_month, cast(date_trunc('month', orders.ordered_date) as date)) as month_start,
        count(distinct case when orders.is_valid then orders.customer_key end) as active_customers,
        count(case when orders.is_valid then 1 end) as orders,
        sum(orders.net_amount) as net_revenue
    from {{ ref('fact_orders') }} as orders
    inner join members on orders.customer_key = members.customer_key
    where orders.is_revenue
    group by all
),

months as (
    select
        cohorts.*,
        calendar.month_start,
        calendar.month_end < bounds.last_day as is_mature
    from cohorts
    cross join {{ ref('int_ledger__last_day') }} as bounds
    inner join {{ ref('dim_date') }} as calendar
        on
            cohorts.cohort_month <= calendar.month_start
            and bounds.last_day >= calendar.month_start
            and calendar.date_day = calendar.month_start
)

select
    cohort_month,
    datediff('month', cohort_month, month_start) as month_number,
    acquisition_channel,
    country,
    cohort_size,
    is_mature,
    case when is_mature then coalesce(activity.active_customers, 0) end as active_customers,
    coalesce(activity.orders, 0) as orders,
    cast(coalesce(activity.net_revenue, 0) as decimal(18, 4)) as net_revenue,
    case when is_mature then cast(sum(coalesce(activity.net_revenue, 0)) over (
        partition by cohort_month, acquisition_channel, country order by month_start
    ) as decimal(18, 4)) end as cumulative_net_revenue
from months
left join activity using (cohort_month, acquisition_channel, country, month_start)
