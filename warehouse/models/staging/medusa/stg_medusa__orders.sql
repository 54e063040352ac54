-- A guest is a customer without an account. A status that Medusa's own order table does not know is passed on, and a test fails.
with orders as (
    {{ latest('medusa', 'order', 'id', 'updated_at', 'deleted_at') }}
),

addresses as (
    {{ latest('medusa', 'order_address', 'id', 'updated_at', 'deleted_at') }}
),

customers as (
    {{ latest('medusa', 'customer', 'id', 'updated_at', 'deleted_at') }}
),

channels as (
    {{ latest('medusa', 'sales_channel', 'id', 'updated_at', 'deleted_at') }}
),

shipping as (
    select * from {{ ref('base_medusa__order_shipping') }}
),

progress as (
    select * from {{ ref('base_medusa__order_progress') }}
),

coupons as (
    select
        source_name as _source,
        order_id,
        min(coupon_code) as code,
        max(observed_at) as _seen_at,
        max(recorded_at) as _ingested_at,
        {{ any_true('is_new') }} as _is_fresh
    from {{ ref('base_medusa__order_lines') }}
    group by source_name, order_id
)

select
    {{ joined_landing_columns(
        ['orders', 'ship_to', 'bill_to', 'customers', 'channels', 'shipping', 'progress', 'coupons'], 'orders._is_gone'
    ) }},

    -- ids
    orders.id as order_id,
    case when customers.has_account then orders.customer_id end as customer_id,
    orders.email as customer_email,
    cast(null as varchar) as reseller_id,

    -- what it is
    'sale' as order_kind,
    case
        when orders.status = 'canceled' then 'cancelled'
        when orders.status in ('pending', 'completed', 'archived', 'requires_action') then coalesce(progress.status, 'pending')
        else orders.status
    end as status,
    channels.name as channel,
    cast(null as varchar) as country_name,
    upper(coalesce(ship_to.country_code, bill_to.country_code)) as country,
    upper(trim(coupons.code)) as coupon_code,
    false as is_test,

    -- amounts
    upper(orders.currency_code) as currency,
    coalesce(shipping.net_amount, 0) as shipping_amount,
    coalesce(shipping.tax_amount, 0) as shipping_tax_amount,
    cast(0 as decimal(18, 4)) as discount_amount,

    -- times
    orders.created_at as ordered_at,
    orders.canceled_at as cancelled_at,
    orders.updated_at
from orders
left join addresses as ship_to on orders._source = ship_to._source and orders.shipping_address_id = ship_to.id
left join addresses as bill_to on orders._source = bill_to._source and orders.billing_address_id = bill_to.id
left join customers on orders._source = customers._source and orders.customer_id = customers.id
left join channels on orders._source = channels._source and orders.sales_channel_id = channels.id
left join shipping on orders._source = shipping._source and orders.id = shipping.order_id
left join progress on orders._source = progress._source and orders.id = progress.order_id
left join coupons on orders._source = coupons._source and orders.id = coupons.order_id
