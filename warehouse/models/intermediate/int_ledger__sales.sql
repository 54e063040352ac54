-- what an order of this build books on its own day: one row per line, and one per order for its shipping
with lines as (
    select * from {{ ref('fact_order_items') }}
    where
        is_booked
        and {{ of_this_build() }}
        -- goods and postage that a credit note takes back are refunds
        and not (order_kind = 'credit_note' and item_kind in ('goods', 'shipping'))
),

orders as (
    select * from {{ ref('int_orders__resolved') }}
    where is_booked and {{ of_this_build() }}
),

booked_lines as (
    select
        case when order_kind = 'sale' then 'sale' else 'adjustment' end as event_type,
        order_key,
        order_item_key,
        cast(null as varchar) as refund_item_key,
        product_key,
        product_sk,
        reseller_key,
        reseller_sk,
        customer_sk,
        ordered_at as event_at,
        case when order_kind = 'sale' and item_kind = 'goods' then gross_amount else 0 end as gross_sales,
        case
            when order_kind = 'adjustment' then 0
            when item_kind = 'goods' then discount_amount
            when item_kind = 'discount' then -net_amount
            else 0
        end as discounts,
        0 as returns,
        0 as cancellations,
        case when order_kind <> 'adjustment' and item_kind = 'shipping' then net_amount else 0 end as shipping,
        tax_amount as taxes,
        case when order_kind <> 'adjustment' and item_kind = 'gift_card' then net_amount else 0 end as gift_cards,
        case when order_kind = 'adjustment' or item_kind = 'fee' then net_amount else 0 end as adjustments
    from lines
),

booked_shipping as (
    select
        'sale' as event_type,
        order_key,
        cast(null as varchar) as order_item_key,
        cast(null as varchar) as refund_item_key,
        cast(null as varchar) as product_key,
        '-1' as product_sk,
        reseller_key,
        reseller_sk,
        customer_sk,
        ordered_at as event_at,
        0 as gross_sales,
        0 as discounts,
        0 as returns,
        0 as cancellations,
        {{ amount('shipping_amount * exchange_rate') }} as shipping,
        {{ amount('shipping_tax_amount * exchange_rate') }} as taxes,
        0 as gift_cards,
        0 as adjustments
    from orders
    where shipping_amount <> 0 or shipping_tax_amount <> 0
)

select * from booked_lines
union all
select * from booked_shipping
