-- Accounts; who ordered as a guest has none. The address is the default one for shipping, and a change of it is a change of the customer.
with accounts as (
    select
        *,
        id as customer_id,
        coalesce(updated_at, _ingested_at) as _at
    from {{ source('medusa', 'customer') }}
    qualify
        -- a tombstone says nothing but its key
        {{ any_true('has_account') }} over (partition by _source, id)
        and row_number() over (partition by _source, id, _at order by _batch_id desc, _position desc) = 1
),

addresses as (
    select
        * exclude (customer_id),
        max(customer_id) over (partition by _source, id) as customer_id,
        coalesce(updated_at, _ingested_at) as _at,
        coalesce(is_default_shipping, false) and _op <> 'delete' and deleted_at is null as is_home
    from {{ source('medusa', 'customer_address') }}
),

-- an address that is the default one no longer leaves the customer without, unless another took its place at the same time
homes as (
    select *
    from (
        select
            *,
            lag(is_home, 1, false) over (partition by _source, id order by _at, _batch_id, _position) as was_home
        from addresses
    )
    where is_home or was_home
    qualify row_number() over (partition by _source, customer_id, _at order by is_home desc, _batch_id desc, _position desc) = 1
),

moments as (
    select
        _source,
        customer_id,
        _at
    from accounts
    union
    select
        _source,
        customer_id,
        _at
    from homes
)

select
    {{ as_of_landing_columns('moments', ['accounts', 'homes'], "accounts._op = 'delete' or accounts.deleted_at is not null") }},

    -- ids
    moments.customer_id,
    cast(null as varchar) as merged_into_id,

    -- person
    accounts.email,
    accounts.phone,
    accounts.first_name,
    accounts.last_name,
    case when homes.is_home then concat_ws(', ', homes.address_1, nullif(homes.address_2, '')) end as street,
    case when homes.is_home then homes.city end as city,
    case when homes.is_home then homes.postal_code end as postal_code,
    cast(null as varchar) as country_name,
    case when homes.is_home then upper(homes.country_code) end as country,
    cast(null as date) as birth_date,

    -- facts about the account
    cast(null as boolean) as accepts_marketing,
    cast(null as varchar) as acquisition_channel,
    false as is_test,

    -- times
    accounts.created_at,
    accounts.updated_at
from moments
{{ as_of_state('accounts', 'customer_id', 'moments', kind='inner') }}
{{ as_of_state('homes', 'customer_id', 'moments') }}
