-- There is no customer table: each invoice is an observation of its customer, who is in the country that the invoice names.
with invoices as (
    select
        _source,
        _op,
        _batch_id,
        _is_new,
        cast(cast(cast(CustomerID as decimal(18, 1)) as bigint) as varchar) as customer_id,
        InvoiceDate,
        min(_ingested_at) as _ingested_at,
        max(_position) as _position,
        max(_erased) as _erased,
        max_by(Country, _position) as country_name
    from {{ source('online_retail', 'invoice_lines') }}
    where CustomerID is not null
    group by all
)

select
    {{ landing_columns(to_utc('InvoiceDate', system_zone('online_retail'))) }},

    -- ids
    customer_id,
    cast(null as varchar) as merged_into_id,

    -- person
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    cast(null as varchar) as first_name,
    cast(null as varchar) as last_name,
    cast(null as varchar) as street,
    cast(null as varchar) as city,
    cast(null as varchar) as postal_code,
    country_name,
    cast(null as varchar) as country,
    cast(null as date) as birth_date,

    -- facts about the account
    cast(null as boolean) as accepts_marketing,
    cast(null as varchar) as acquisition_channel,
    false as is_test,

    -- times
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from invoices
