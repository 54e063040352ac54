-- The amount of a line is the source's; where quantity x price less its discount is off by a rounding, the discount takes the difference.
with lines as (
    select * from {{ source('adventureworks', 'order_items') }}
)

select
    {{ landing_columns('_ingested_at') }},

    -- ids
    order_id || '#' || line_no as order_item_id,
    order_id,
    product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    line_no as line_number,
    'goods' as item_kind,

    -- amounts
    cast(quantity as decimal(18, 4)) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(quantity * unit_price - amount as decimal(18, 4)) as discount_amount,
    cast(0 as decimal(18, 4)) as tax_amount
from lines
