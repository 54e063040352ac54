select
    {{ landing_columns('order_date') }},

    -- ids
    order_id,
    customer_id,
    cast(null as varchar) as customer_email,
    reseller_id,

    -- what it is
    'sale' as order_kind,
    'shipped' as status,
    channel,
    country as country_name,
    cast(null as varchar) as country,
    cast(null as varchar) as coupon_code,
    false as is_test,

    -- amounts: tax is stated for the whole order, and books with its shipping
    currency,
    cast(freight as decimal(18, 4)) as shipping_amount,
    cast(tax as decimal(18, 4)) as shipping_tax_amount,
    cast(0 as decimal(18, 4)) as discount_amount,

    -- times
    order_date as ordered_at,
    cast(null as timestamp) as cancelled_at,
    cast(null as timestamp) as updated_at
from {{ source('adventureworks', 'orders') }}
