-- Countries that nobody knows, with what the source wrote. What a source writes for not knowing itself (see the seed) is no issue.
with written as (
    select
        'orders' as entity,
        order_key as event_key,
        order_key,
        source_name,
        country,
        country_name
    from {{ ref('fact_orders') }}
    where not is_test
    union all
    select
        'customers' as entity,
        customer_key as event_key,
        null as order_key,
        source_name,
        country,
        country_name
    from {{ ref('dim_customers') }}
    where is_current and not is_deleted and not is_test and member_kind = 'registered'
    union all
    select
        'resellers' as entity,
        reseller_key as event_key,
        null as order_key,
        source_name,
        country,
        country_name
    from {{ ref('dim_resellers') }}
    where is_current and not is_deleted and member_kind = 'registered'
)

select
    'unknown_country' as reason,
    entity,
    event_key,
    order_key,
    source_name,
    'country ' || case when country = 'ZZ' then country_name else country end || ' is not known: add it to seeds/country_names.csv'
        as detail,
    cast(null as decimal(18, 4)) as amount,
    cast(null as varchar) as currency
from written
where
    country not in (select country from {{ ref('countries') }})
    or (
        country = 'ZZ'
        and trim(country_name) <> ''
        and upper(trim(country_name)) not in (select name from {{ ref('country_names') }})
    )
