{{ config(materialized='incremental', incremental_strategy='replace_touched') }}

with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ touched_only() }}
),

-- an order counts as the customer's first or n-th among all valid ones, of which only the later ones are touched along with it
numbered as (
    select
        order_key,
        row_number() over (partition by customer_key order by ordered_at, order_key) as customer_order_number,
        date_diff('day', lag(ordered_date) over (partition by customer_key order by ordered_at, order_key), ordered_date)
            as days_since_previous_order
    from {{ ref('int_orders__resolved') }}
    where is_valid and customer_key is not null and {{ touched_only('customer_key', 'customer_key') }}
),

lines as (
    select * from {{ ref('int_order_items__summed') }}
),

payments as (
    select * from {{ ref('int_payments__summed') }}
),

parcels as (
    select * from {{ ref('int_shipments__summed') }}
),

refunds as (
    select * from {{ ref('int_refunds__summed') }}
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
    coalesce(lines.line_count, 0) as line_count,
    coalesce(lines.product_count, 0) as product_count,
    coalesce(lines.reseller_count, 0) as reseller_count,
    cast(coalesce(lines.units, 0) as decimal(18, 4)) as units,
    cast(coalesce(refunds.returned_units, 0) as decimal(18, 4)) as returned_units,
    coalesce(payments.payment_attempts, 0) as payment_attempts,
    coalesce(payments.failed_attempts, 0) as failed_payment_attempts,
    coalesce(parcels.parcel_count, 0) as parcel_count,

    -- amounts in the reporting currency
    orders.currency,
    orders.exchange_rate,
    cast(coalesce(lines.gross_amount, 0) as decimal(18, 4)) as gross_amount,
    cast(coalesce(lines.discount_amount, 0) as decimal(18, 4)) as discount_amount,
    cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
    cast(
        coalesce(lines.gross_amount, 0) - coalesce(lines.discount_amount, 0) - coalesce(refunds.refunded_amount, 0)
        as decimal(18, 4)
    ) as net_amount,
    {{ amount('orders.shipping_amount * orders.exchange_rate') }} as shipping_amount,
    cast(
        coalesce(lines.tax_amount, 0) + {{ amount('orders.shipping_tax_amount * orders.exchange_rate') }} as decimal(18, 4)
    ) as tax_amount,
    cast(coalesce(lines.other_amount, 0) as decimal(18, 4)) as other_amount,
    cast(coalesce(payments.captured_amount, 0) as decimal(18, 4)) as captured_amount,
    cast(
        coalesce(lines.total_txn, 0) + orders.shipping_amount + orders.shipping_tax_amount as decimal(18, 4)
    ) as total_amount_txn,
    case
        when coalesce(refunds.refunded_amount_txn, 0) = 0 then 'none'
        -- in the order's own currency: converted amounts may differ by their rounding
        when refunds.refunded_amount_txn >= coalesce(lines.goods_amount_txn, 0) then 'full'
        else 'partial'
    end as refund_status,
    payments.payment_method,
    payments.payment_provider,

    -- times
    orders.ordered_at,
    orders.ordered_date,
    payments.paid_at,
    parcels.shipped_at,
    parcels.promised_at,
    parcels.delivered_at,
    orders.cancelled_at,
    orders.cancelled_date
from orders
left join numbered on orders.order_key = numbered.order_key
left join lines on orders.order_key = lines.order_key
left join payments on orders.order_key = payments.order_key
left join parcels on orders.order_key = parcels.order_key
left join refunds on orders.order_key = refunds.order_key
