-- WooCommerce keeps one payment an order: the method that was chosen last, and when it was paid.
with orders as (
    {{ latest('woocommerce', 'wc_orders', 'id', 'date_updated_gmt') }}
),

operations as (
    {{ latest('woocommerce', 'wc_order_operational_data', 'id') }}
)

select
    {{ joined_landing_columns(['orders', 'operations'], "orders._is_gone or orders.status = 'trash'") }},

    -- ids
    cast(orders.id as varchar) as payment_id,
    cast(orders.id as varchar) as order_id,

    -- what it is
    cast(null as bigint) as attempt_number,
    orders.payment_method as provider,
    cast(null as varchar) as method,
    case
        when operations.date_paid_gmt is not null then 'captured'
        when orders.status = 'wc-failed' then 'failed'
        when orders.status = 'wc-cancelled' then 'voided'
        else 'pending'
    end as status,

    -- amounts
    orders.currency,
    {{ amount('orders.total_amount') }} as amount,

    -- times
    coalesce(operations.date_paid_gmt, orders.date_created_gmt, orders.date_updated_gmt) as attempted_at,
    orders.date_updated_gmt as updated_at
from orders
left join operations on orders._source = operations._source and orders.id = operations.order_id
where
    orders.type = 'shop_order'
    and nullif(orders.payment_method, '') is not null
    and orders.status not in ('wc-checkout-draft', 'auto-draft', 'draft')
