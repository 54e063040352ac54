select
    {{ landing_columns('updated_at') }},

    order_id,
    coalesce(order_kind, 'sale') as order_kind,
    customer_id,
    customer_email,
    reseller_id,
    ordered_at,
    status,
    cancelled_at,
    channel,
    country_name,
    country,
    currency,
    coalesce(shipping_amount, 0) as shipping_amount,
    coalesce(shipping_tax_amount, 0) as shipping_tax_amount,
    coalesce(discount_amount, 0) as discount_amount,
    upper(trim(coupon_code)) as coupon_code,
    coalesce(is_test, false) as is_test,
    updated_at
from {{ source('plain', 'orders') }}
