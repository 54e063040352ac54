-- test accounts, and guests whom only test orders name, are in silver only
with members as (
    select * from {{ ref('dim_customers') }}
    where is_current and customer_key is not null and not is_test
),

bounds as (
    select * from {{ ref('int_ledger__last_day') }}
),

bought as (
    select * from {{ ref('int_customers__bought') }}
),

gaps as (
    select * from {{ ref('int_customers__expected_gaps') }}
),

scored as (
    select * from {{ ref('int_customers__scored') }}
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
    bought.favourite_channel,
    favourites.favourite_category,

    -- how often
    coalesce(gaps.purchase_days, 0) as purchase_days,
    gaps.median_gap_days,
    cast(bought.second_order_date - bought.first_order_date as bigint) as days_to_second_order,
    {{ repeated_within(90) }} as repeated_within_90_days,

    -- RFM, churn and what is to come, as of the last day of trade
    bounds.last_day as as_of_date,
    scored.recency_days,
    scored.frequency,
    scored.monetary,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    coalesce(scored.rfm_segment, 'Prospect') as rfm_segment,
    coalesce(scored.rfm_action, 'Invite to a first order.') as rfm_action,
    cast(bounds.last_day - bought.last_order_date as bigint) as days_since_last_order,
    gaps.expected_gap_days,
    {{ churn_risk('bounds.last_day - bought.last_order_date', 'gaps.expected_gap_days') }} as churn_risk,
    predictions.p_alive,
    predictions.clv_12m
from members
cross join bounds
left join bought on members.customer_key = bought.customer_key
left join {{ ref('int_customers__favourite_category') }} as favourites on members.customer_key = favourites.customer_key
left join gaps on members.customer_key = gaps.customer_key
left join scored on members.customer_key = scored.customer_key and bounds.last_day = scored.as_of_date
left join {{ ref('int_customers__predicted') }} as predictions on members.customer_key = predictions.customer_key
where members.member_kind not in ('guest', 'inferred') or not coalesce(bought.is_test_only, false)
