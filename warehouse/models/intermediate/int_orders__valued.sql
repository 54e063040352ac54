-- Each order of this build with what its lines, payments, parcels and refunds come to: each of them was brought to the order's grain before it
-- is joined, so that no amount counts twice; what an order has none of counts 0.
with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
)

select
    orders.* exclude (shipping_amount, shipping_tax_amount, discount_amount),

    -- counts
    coalesce(lines.line_count, 0) as line_count,
    coalesce(lines.product_count, 0) as product_count,
    coalesce(lines.reseller_count, 0) as reseller_count,
    cast(coalesce(lines.units, 0) as decimal(18, 4)) as units,
    cast(coalesce(refunds.returned_units, 0) as decimal(18, 4)) as returned_units,
    coalesce(payments.payment_attempts, 0) as payment_attempts,
    coalesce(payments.failed_attempts, 0) as failed_payment_attempts,
    coalesce(parcels.parcel_count, 0) as parcel_count,

    -- amounts in the reporting currency
    cast(coalesce(lines.gross_amount, 0) as decimal(18, 4)) as gross_amount,
    cast(coalesce(lines.discount_amount, 0) as decimal(18, 4)) as discount_amount,
    cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
    {{ amount('orders.shipping_amount * orders.exchange_rate') }} as shipping_amount,
    cast(
        coalesce(lines.tax_amount, 0) + {{ amount('orders.shipping_tax_amount * orders.exchange_rate') }} as decimal(18, 4)
    ) as tax_amount,
    cast(coalesce(lines.other_amount, 0) as decimal(18, 4)) as other_amount,
    cast(coalesce(payments.captured_amount, 0) as decimal(18, 4)) as captured_amount,

    -- in the order's own currency: converted amounts may differ by their rounding
    cast(coalesce(lines.total_txn, 0) + orders.shipping_amount + orders.shipping_tax_amount as decimal(18, 4)) as total_amount_txn,
    case
        when coalesce(refunds.refunded_amount_txn, 0) = 0 then 'none'
        when refunds.refunded_amount_txn >= coalesce(lines.goods_amount_txn, 0) then 'full'
        else 'partial'
    end as refund_status,

    -- how it was paid and sent
    payments.payment_method,
    payments.payment_provider,
    payments.paid_at,
    parcels.shipped_at,
    parcels.promised_at,
    parcels.delivered_at
from orders
left join {{ ref('int_order_items__summed') }} as lines on orders.order_key = lines.order_key
left join {{ ref('int_payments__summed') }} as payments on orders.order_key = payments.order_key
left join {{ ref('int_shipments__summed') }} as parcels on orders.order_key = parcels.order_key
left join {{ ref('int_refunds__summed') }} as refunds on orders.order_key = refunds.order_key
