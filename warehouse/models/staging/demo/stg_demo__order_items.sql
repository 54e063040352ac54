-- lines have no time of their own: the last one read is the current one
select
    {{ landing_columns('_ingested_at') }},

    -- ids
    cast(id as varchar) as order_item_id,
    cast(order_id as varchar) as order_id,
    sku as product_id,
    cast(seller_id as varchar) as reseller_id,

    -- what it is
    line_no as line_number,
    case when is_gift_card then 'gift_card' else 'goods' end as item_kind,

    -- amounts
    cast(quantity as decimal(18, 4)) as quantity,
    {{ from_minor('unit_price', 'currency') }} as unit_price,
    {{ from_minor('discount', 'currency') }} as discount_amount,
    {{ from_minor('tax', 'currency') }} as tax_amount
from {{ source('demo', 'order_items') }}
