select
    {{ landing_columns('_ingested_at') }},

    order_item_id,
    order_id,
    coalesce(line_number, _row) as line_number,
    coalesce(item_kind, 'goods') as item_kind,
    product_id,
    reseller_id,
    quantity,
    unit_price,
    coalesce(discount_amount, 0) as discount_amount,
    coalesce(tax_amount, 0) as tax_amount
from {{ source('plain', 'order_items') }}
