-- A line has no id: file and row name it. Codes in either case are one product; codes of the list are no products.
with lines as (
    select * from {{ source('online_retail', 'invoice_lines') }}
),

codes as (
    select * from {{ ref('online_retail_codes') }}
)

select
    {{ landing_columns(to_utc('InvoiceDate', system_zone('online_retail'))) }},

    -- ids
    _file || '#' || _row as order_item_id,
    InvoiceNo as order_id,
    upper(trim(StockCode)) as product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    _row as line_number,
    coalesce(codes.item_kind, 'goods') as item_kind,

    -- amounts
    cast(Quantity as decimal(18, 4)) as quantity,
    UnitPrice as unit_price,
    cast(0 as decimal(18, 4)) as discount_amount,
    cast(0 as decimal(18, 4)) as tax_amount
from lines
left join codes on upper(trim(lines.StockCode)) = codes.code
