-- One row per line, fee, shipping method and coupon of an order or refund, with what its meta rows say: WooCommerce writes numbers as text.
with items as (
    {{ latest('woocommerce', 'woocommerce_order_items', 'order_item_id') }}
),

orders as (
    {{ latest('woocommerce', 'wc_orders', 'id', 'date_updated_gmt') }}
),

said as (
    select
        _source,
        order_item_id,
        {%- for name in ['_qty', '_product_id', '_variation_id', '_refunded_item_id'] %}
        max(case when meta_key = '{{ name }}' and not _is_gone then nullif(meta_value, '') end) as {{ name[1:] }},
        {%- endfor %}
        {%- for name in ['_line_subtotal', '_line_total', '_line_tax', 'cost', 'total_tax'] %}
        coalesce(max(case when meta_key = '{{ name }}' and not _is_gone then cast(nullif(meta_value, '') as decimal(26, 8)) end), 0)
            as {{ name.strip('_') }},
        {%- endfor %}
        {{ grouped_landing_columns() }}
    from ({{ latest('woocommerce', 'woocommerce_order_itemmeta', 'meta_id') }})
    group by _source, order_item_id
)

select
    {{ joined_landing_columns(['items', 'orders', 'said'], 'items._is_gone') }},
    orders.type as order_type,
    items.order_id,
    items.order_item_id,
    items.order_item_type,
    items.order_item_name,
    cast(coalesce(said.qty, case when items.order_item_type = 'line_item' then '0' else '1' end) as decimal(18, 4)) as quantity,
    coalesce(nullif(said.variation_id, '0'), nullif(said.product_id, '0')) as product_id,
    said.refunded_item_id,
    {{ amount("case when items.order_item_type = 'line_item' then said.line_subtotal else said.line_total end") }} as subtotal_amount,
    {{ amount('said.line_total') }} as net_amount,
    {{ amount('said.line_tax') }} as tax_amount,
    {{ amount('said.cost') }} as shipping_amount,
    {{ amount('said.total_tax') }} as shipping_tax_amount
from items
inner join orders on items._source = orders._source and items.order_id = orders.id
left join said on items._source = said._source and items.order_item_id = said.order_item_id
