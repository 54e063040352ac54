with members as (
    select * from {{ ref('dim_customers') }}
    where is_current and customer_key is not null and not is_test
),

as_of_day as (
    select max(event_date) as day from {{ ref('fact_sales_ledger') }}
),

orders as (
    select * from {{ ref('fact_orders') }}
    where is_revenue and customer_key is not null
),

-- counts are of valid orders; money takes credit notes in
bought as (
    select
        customer_key,
        min(ordered_date) filter (where is_valid) as first_order_date,
        max(ordered_date) filter (where is_valid) as last_order_date,
        count(*) filter (where is_valid) as orders,
        sum(case when is_valid then units else 0 end) as units,
        sum(gross_amount - discount_amount) as revenue_before_returns,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_revenue,
        count(*) filter (where is_valid and coupon_code is not null) as orders_with_coupon,
        count(*) filter (where is_valid and refund_status <> 'none') as orders_with_refund,
        min(ordered_date) filter (where customer_order_number = 2) as second_order_date
    from orders
    group by customer_key
),

-- purchases on one day are one purchase
gaps as (
    select
        customer_key,
        cast(median(gap) as double) as median_gap_days
    from (
        select
            customer_key,
            date_diff('day', lag(ordered_date) over (partition by customer_key order by ordered_date), ordered_date) as gap
        from (select distinct
            customer_key,
            ordered_date
        from orders
        where is_valid)
    )
    where gap is not null
    group by customer_key
),

scored as (
    select * from {{ ref('int_customers__scored') }}
),

grid as (
    select * from {{ ref('rfm_grid') }}
)

select
    -- who
    members.customer_key,
    members.customer_id,
    members.source_name,
    members.member_kind,
    members.email,
    members.first_name,
    members.last_name,
    members.country,
    members.acquisition_channel,
    members.created_at as signed_up_at,
    members.is_deleted,

    -- what they bought
    bought.first_order_date,
    bought.last_order_date,
    coalesce(bought.orders, 0) as orders,
    cast(coalesce(bought.units, 0) as decimal(18, 4)) as units,
    cast(coalesce(bought.revenue_before_returns, 0) as decimal(18, 4)) as revenue_before_returns,
    cast(coalesce(bought.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
    cast(coalesce(bought.net_revenue, 0) as decimal(18, 4)) as net_revenue,
    cast(coalesce(bought.net_revenue, 0) as decimal(18, 4)) as clv_historic,
    coalesce(bought.orders_with_coupon, 0) as orders_with_coupon,
    coalesce(bought.orders_with_refund, 0) as orders_with_refund,
    gaps.median_gap_days,
    case
        when as_of_day.day >= bought.first_order_date + 90
            then bought.second_order_date is not null and bought.second_order_date <= bought.first_order_date + 90
    end as repeated_within_90_days,

    -- RFM as of the last day of trade
    as_of_day.day as as_of_date,
    scored.recency_days,
    scored.frequency,
    cast(scored.monetary as decimal(18, 4)) as monetary,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    case
        when coalesce(bought.orders, 0) = 0 then 'Prospect'
        when scored.customer_key is null then 'Dormant'
        else grid.segment
    end as rfm_segment
from members
cross join as_of_day
left join bought on members.customer_key = bought.customer_key
left join gaps on members.customer_key = gaps.customer_key
left join scored on members.customer_key = scored.customer_key
left join grid on scored.r_score = grid.r_score and scored.f_score = grid.f_score
