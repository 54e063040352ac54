-- what a person asks of an order; test orders, drafts and credit notes are in silver only
select
    -- ids
    order_key,
    source_name,
    order_id,
    customer_key,

    -- what it is
    status,
    channel,
    country,
    coupon_code,
    is_valid,
    is_guest,
    customer_order_number = 1 as is_first_order,
    customer_order_number,
    customer_type,
    days_since_previous_order,

    -- counts
    line_count,
    product_count,
    reseller_count,
    units,
    returned_units,
    payment_attempts,
    failed_payment_attempts,
    parcel_count,

    -- amounts
    currency,
    gross_amount,
    discount_amount,
    refunded_amount,
    net_amount,
    shipping_amount,
    tax_amount,
    captured_amount,
    refund_status,
    payment_method,
    payment_provider,

    -- times
    ordered_at,
    ordered_date,
    paid_at,
    shipped_at,
    promised_at,
    delivered_at,
    delivered_at <= promised_at as is_on_time,
    cancelled_at
from {{ ref('fact_orders') }}
where is_booked and order_kind = 'sale'
