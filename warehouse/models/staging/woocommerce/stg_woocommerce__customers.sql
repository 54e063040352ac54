-- Accounts, as WooCommerce Analytics keeps them; neither table says when it changed, so a change is true since it was read.
with registered as (
    select
        *,
        max(user_id) over (partition by _source, customer_id) as account_id
    from {{ source('woocommerce', 'wc_customer_lookup') }}
),

accounts as (
    {{ latest('woocommerce', 'users', 'ID') }}
)

select
    registered._source as source_name,
    registered._ingested_at as observed_at,
    registered._op = 'delete' as is_deleted,
    registered._ingested_at as recorded_at,
    registered._batch_id as batch_id,
    registered._position as batch_position,
    registered._is_new or coalesce(accounts._is_fresh, false) as is_new,
    registered._erased as erased_state,

    -- ids
    cast(registered.account_id as varchar) as customer_id,
    cast(null as varchar) as merged_into_id,

    -- person
    registered.email,
    cast(null as varchar) as phone,
    nullif(registered.first_name, '') as first_name,
    nullif(registered.last_name, '') as last_name,
    cast(null as varchar) as street,
    nullif(registered.city, '') as city,
    nullif(registered.postcode, '') as postal_code,
    cast(null as varchar) as country_name,
    nullif(registered.country, '') as country,
    cast(null as date) as birth_date,

    -- facts about the account
    cast(null as boolean) as accepts_marketing,
    cast(null as varchar) as acquisition_channel,
    false as is_test,

    -- times
    cast(nullif(accounts.user_registered, '0000-00-00 00:00:00') as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from registered
left join accounts on registered._source = accounts._source and registered.account_id = accounts.ID
where registered.account_id is not null
