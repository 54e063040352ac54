select
    {{ landing_columns('updated_at') }},

    refund_id,
    order_id,
    order_item_id,
    coalesce(quantity, 0) as quantity,
    goods_amount,
    coalesce(shipping_amount, 0) as shipping_amount,
    coalesce(tax_amount, 0) as tax_amount,
    currency,
    reason,
    refunded_at,
    updated_at
from {{ source('plain', 'refunds') }}
