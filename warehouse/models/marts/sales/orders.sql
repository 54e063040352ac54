{{ config(unique_key='order_key', meta={'renewed': 'int_orders__renewed'}) }}
-- depends_on: {{ ref('int_orders__renewed') }}
-- what a person asks of an order; test orders, drafts and credit notes are in silver only
with orders as (
    select
        *,
        gross_amount - discount_amount + other_amount + shipping_amount + tax_amount as total_amount
    from {{ ref('fact_orders') }}
    where is_booked and order_kind = 'sale' and {{ touched_only() }}
),

paid_back as (
    select
        order_key,
        sum(goods_amount + shipping_amount + tax_amount) as amount
    from {{ ref('fact_refunds') }}
    where {{ touched_only() }}
    group by order_key
)

select
    -- ids
    orders.order_key,
    orders.source_name,
    orders.order_id,
    orders.customer_key,

    -- what it is
    orders.status,
    orders.channel,
    orders.country,
    orders.coupon_code,
    orders.is_valid,
    orders.is_guest,
    sent.is_settled,
    orders.customer_order_number = 1 as is_first_order,
    orders.customer_order_number,
    orders.customer_type,
    orders.days_since_previous_order,

    -- counts
    orders.line_count,
    orders.product_count,
    orders.reseller_count,
    orders.units,
    orders.returned_units,
    sent.shipped_units,
    orders.payment_attempts,
    orders.failed_payment_attempts,
    orders.parcel_count,

    -- amounts
    orders.currency,
    orders.gross_amount,
    orders.discount_amount,
    orders.refunded_amount,
    orders.net_amount,
    orders.shipping_amount,
    orders.tax_amount,
    cast(orders.total_amount as decimal(18, 4)) as total_amount,
    orders.captured_amount,
    cast(coalesce(paid_back.amount, 0) as decimal(18, 4)) as paid_back_amount,
    {{ payment_difference() }} as payment_difference,
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
    orders.delivered_at <= orders.promised_at as is_on_time,
    orders.cancelled_at,
    orders.cancelled_date
from orders
left join {{ ref('int_orders__sent') }} as sent on orders.order_key = sent.order_key
left join paid_back on orders.order_key = paid_back.order_key
