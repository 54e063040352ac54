-- Each line of a refund names the line that it takes back; shipping, and what no line tells, is a row of the whole order.
with refunds as (
    select
        *,
        source_name as _source,
        observed_at as _seen_at,
        recorded_at as _ingested_at,
        batch_id as _batch_id,
        batch_position as _position,
        is_new as _is_fresh
    from {{ ref('base_woocommerce__refunds') }}
),

items as (
    select
        *,
        source_name as _source,
        observed_at as _seen_at,
        recorded_at as _ingested_at,
        is_new as _is_fresh
    from {{ ref('base_woocommerce__order_items') }}
    where order_type = 'shop_order_refund' and order_item_type in ('line_item', 'fee')
)

select
    {{ joined_landing_columns(['refunds', 'items'], "refunds.is_deleted or items.is_deleted") }},
    refunds.id || '#' || items.order_item_id as refund_id,
    cast(refunds.parent_order_id as varchar) as order_id,
    items.refunded_item_id as order_item_id,
    -items.quantity as quantity,
    -items.net_amount as goods_amount,
    cast(0 as decimal(18, 4)) as shipping_amount,
    -items.tax_amount as tax_amount,
    refunds.currency,
    refunds.reason,
    refunds.refunded_at,
    refunds.updated_at
from refunds
inner join items on refunds._source = items._source and refunds.id = items.order_id
union all
select
    {%- for name in landing_column_names() %}
    {{ name }},
    {%- endfor %}
    cast(id as varchar) as refund_id,
    cast(parent_order_id as varchar) as order_id,
    cast(null as varchar) as order_item_id,
    cast(0 as decimal(18, 4)) as quantity,
    untold_amount - untold_shipping - untold_tax as goods_amount,
    shipping_amount + untold_shipping as shipping_amount,
    shipping_tax_amount + untold_tax as tax_amount,
    currency,
    reason,
    refunded_at,
    updated_at
from refunds
