{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

-- depends_on: {{ ref('int_reckonings__renewed') }}

with orders as (
    select * from {{ ref('int_orders__valued') }}
    where {{ touched_only() }}
)

select
    -- ids
    orders.order_key,
    orders.source_name,
    orders.order_id,

    -- members, as they were when the order was placed
    orders.customer_key,
    orders.customer_sk,
    orders.reseller_key,
    orders.reseller_sk,

    -- what it is
    orders.order_kind,
    orders.status,
    orders.channel,
    orders.country,
    orders.country_name,
    orders.coupon_code,
    orders.is_test,
    orders.is_booked,
    orders.is_valid,
    orders.is_revenue,
    orders.customer_id is null as is_guest,
    numbered.customer_order_number,
    numbered.days_since_previous_order,
    case
        when numbered.customer_order_number is null then 'unknown'
        when numbered.customer_order_number = 1 then 'new'
        else 'returning'
    end as customer_type,

    -- counts
    orders.line_count,
    orders.product_count,
    orders.reseller_count,
    orders.units,
    orders.returned_units,
    orders.payment_attempts,
    orders.failed_payment_attempts,
    orders.parcel_count,

    -- amounts in the reporting currency
    orders.currency,
    orders.exchange_rate,
    orders.gross_amount,
    orders.discount_amount,
    orders.refunded_amount,
    cast(orders.gross_amount - orders.discount_amount - orders.refunded_amount as decimal(18, 4)) as net_amount,
    orders.shipping_amount,
    orders.tax_amount,
    orders.other_amount,
    orders.captured_amount,
    orders.total_amount_txn,
    orders.refund_status,
    orders.payment_method,
    orders.payment_provider,

    -- times
    orders.ordered_at,
    orders.ordered_date,
    orders.paid_at,
    orders.shipped_at,
    orders.promised_at,
    orders.delivered_at,
    orders.cancelled_at,
    orders.cancelled_date
from orders
left join {{ ref('int_orders__numbered') }} as numbered on orders.order_key = numbered.order_key
