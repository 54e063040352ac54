-- There is no product table: each sale is an observation of its product's name. Free lines carry remarks ("damaged"), not names.
with named as (
    select
        _source,
        _op,
        _batch_id,
        _is_new,
        upper(trim(StockCode)) as product_id,
        InvoiceDate,
        min(_ingested_at) as _ingested_at,
        max(_position) as _position,
        max(_erased) as _erased,
        max_by(trim(Description), _position) as name
    from {{ source('online_retail', 'invoice_lines') }}
    where Description is not null and UnitPrice > 0
    group by all
)

select
    {{ landing_columns(to_utc('InvoiceDate', system_zone('online_retail'))) }},

    -- ids
    product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    name,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    cast(null as varchar) as status,

    -- prices
    cast(null as decimal(18, 4)) as list_price,
    cast(null as decimal(18, 4)) as cost_price,
    'GBP' as currency,

    -- times
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from named
