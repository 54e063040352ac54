-- the line as of its order's current version; the discount takes what rounding a net price to 4 digits leaves over
select
    {%- for name in landing_column_names() %}
    {{ name }},
    {%- endfor %}

    -- ids
    item_id as order_item_id,
    order_id,
    variant_id as product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    row_number() over (partition by source_name, order_id order by item_id) as line_number,
    case when is_giftcard then 'gift_card' else 'goods' end as item_kind,

    -- amounts
    quantity,
    unit_price,
    {{ amount('quantity * unit_price') }} - net_amount as discount_amount,
    tax_amount
from {{ ref('base_medusa__order_lines') }}
