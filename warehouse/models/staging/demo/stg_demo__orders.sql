select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as order_id,
    cast(customer_id as varchar) as customer_id,
    email as customer_email,
    cast(null as varchar) as reseller_id,

    -- what it is
    'sale' as order_kind,
    status,
    channel,
    country as country_name,
    country,
    upper(trim(coupon)) as coupon_code,
    coalesce(is_test, false) as is_test,

    -- amounts
    currency,
    {{ from_minor('shipping', 'currency') }} as shipping_amount,
    {{ from_minor('shipping_tax', 'currency') }} as shipping_tax_amount,
    {{ from_minor('discount', 'currency') }} as discount_amount,

    -- times
    placed_at as ordered_at,
    cancelled_at,
    updated_at
from {{ source('demo', 'orders') }}
