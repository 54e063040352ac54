-- One row per refund, which is an order with negative amounts: what it pays, for what, and the part of it that no line tells.
-- That part takes goods, shipping and tax in the proportion in which the refunded order has them.
with refunds as (
    select * from ({{ latest('woocommerce', 'wc_orders', 'id', 'date_updated_gmt') }})
    where type = 'shop_order_refund'
),

reasons as (
    select
        _source,
        order_id,
        max(case when meta_key = '_refund_reason' and not _is_gone then nullif(meta_value, '') end) as reason,
        {{ grouped_landing_columns() }}
    from ({{ latest('woocommerce', 'wc_orders_meta', 'id') }})
    group by _source, order_id
),

totals as (
    select * from {{ ref('base_woocommerce__order_totals') }}
),

told as (
    select
        {{ joined_landing_columns(['refunds', 'own', 'orders', 'reasons'], "refunds._is_gone or refunds.status = 'trash'") }},
        refunds.id,
        refunds.parent_order_id,
        refunds.currency,
        reasons.reason,
        refunds.date_created_gmt as refunded_at,
        refunds.date_updated_gmt as updated_at,
        -coalesce(own.shipping_amount, 0) as shipping_amount,
        -coalesce(own.shipping_tax_amount, 0) as shipping_tax_amount,
        {{ amount(
            '-refunds.total_amount'
            ~ ' + coalesce(own.goods_amount + own.goods_tax_amount + own.shipping_amount + own.shipping_tax_amount, 0)'
        ) }} as untold_amount,
        coalesce(orders.shipping_amount, 0) as order_shipping,
        coalesce(orders.goods_tax_amount + orders.shipping_tax_amount, 0) as order_tax,
        coalesce(
            orders.goods_amount + orders.shipping_amount + orders.goods_tax_amount + orders.shipping_tax_amount, 0
        ) as order_amount
    from refunds
    left join totals as own on refunds._source = own._source and refunds.id = own.order_id
    left join totals as orders on refunds._source = orders._source and refunds.parent_order_id = orders.order_id
    left join reasons on refunds._source = reasons._source and refunds.id = reasons.order_id
)

select
    * exclude (order_shipping, order_tax, order_amount),
    coalesce({{ in_proportion('untold_amount', 'order_shipping', 'order_amount') }}, 0) as untold_shipping,
    coalesce({{ in_proportion('untold_amount', 'order_tax', 'order_amount') }}, 0) as untold_tax
from told
