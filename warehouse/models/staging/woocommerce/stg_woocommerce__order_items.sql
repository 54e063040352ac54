-- Lines and fees; shipping and coupons are the order's. What a line comes to is WooCommerce's own: the discount takes what is left of
-- quantity x price, the coupon and a rounding to 4 digits alike.
with items as (
    select
        *,
        {{ amount('coalesce(subtotal_amount / nullif(quantity, 0), 0)') }} as unit_price
    from {{ ref('base_woocommerce__order_items') }}
    where order_type = 'shop_order' and order_item_type in ('line_item', 'fee')
)

select
    {%- for name in landing_column_names() %}
    {{ name }},
    {%- endfor %}

    -- ids
    cast(order_item_id as varchar) as order_item_id,
    cast(order_id as varchar) as order_id,
    product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    row_number() over (partition by source_name, order_id order by order_item_id) as line_number,
    case when order_item_type = 'fee' then 'fee' else 'goods' end as item_kind,

    -- amounts
    quantity,
    unit_price,
    {{ amount('quantity * unit_price') }} - net_amount as discount_amount,
    tax_amount
from items
