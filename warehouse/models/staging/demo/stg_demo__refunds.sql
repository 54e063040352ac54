select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as refund_id,
    cast(order_id as varchar) as order_id,
    cast(order_item_id as varchar) as order_item_id,

    -- what it is
    cast(quantity as decimal(18, 4)) as quantity,
    reason,

    -- amounts
    currency,
    {{ from_minor('goods', 'currency') }} as goods_amount,
    {{ from_minor('shipping', 'currency') }} as shipping_amount,
    {{ from_minor('tax', 'currency') }} as tax_amount,

    -- times
    refunded_at,
    updated_at
from {{ source('demo', 'refunds') }}
