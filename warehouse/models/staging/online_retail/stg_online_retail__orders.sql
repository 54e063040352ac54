-- An invoice is the sum of its lines. C… reverses goods, A… books a bad debt, and a free invoice without a customer is a stock correction.
with invoices as (
    select
        _source,
        _op,
        _batch_id,
        _is_new,
        _file,
        InvoiceNo as order_id,
        min(_ingested_at) as _ingested_at,
        min(_position) as _position,
        max(_erased) as _erased,
        min(InvoiceDate) as ordered_at,
        max(InvoiceDate) as last_line_at,
        max(cast(cast(CustomerID as decimal(18, 1)) as bigint)) as customer_id,
        max(Country) as country_name,
        {{ all_true('UnitPrice = 0') }} as is_free
    from {{ source('online_retail', 'invoice_lines') }}
    group by all
)

select
    {{ landing_columns(to_utc('last_line_at', system_zone('online_retail'))) }},

    -- ids
    order_id,
    cast(customer_id as varchar) as customer_id,
    cast(null as varchar) as customer_email,
    cast(null as varchar) as reseller_id,

    -- what it is
    case
        when order_id like 'C%' then 'credit_note'
        when order_id like 'A%' or (is_free and customer_id is null) then 'adjustment'
        else 'sale'
    end as order_kind,
    'paid' as status,
    'web' as channel,
    country_name,
    cast(null as varchar) as country,
    cast(null as varchar) as coupon_code,
    false as is_test,

    -- amounts
    'GBP' as currency,
    cast(0 as decimal(18, 4)) as shipping_amount,
    cast(0 as decimal(18, 4)) as shipping_tax_amount,
    cast(0 as decimal(18, 4)) as discount_amount,

    -- times
    {{ to_utc('ordered_at', system_zone('online_retail')) }} as ordered_at,
    cast(null as timestamp) as cancelled_at,
    cast(null as timestamp) as updated_at
from invoices
