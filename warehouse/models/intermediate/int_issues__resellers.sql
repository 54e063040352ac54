-- Orders of customers who are the reseller that sold it: a person, too, known by the address that both have given, a guest by its hash. Who is who is
-- asked of members before lines are read: few are the same.
with resellers as (
    select
        reseller_sk,
        lower(trim(email)) as address
    from {{ ref('dim_resellers') }}
    where lower(trim(email)) <> ''
),

the_same as (
    select
        resellers.reseller_sk,
        customers.customer_sk
    from {{ ref('dim_customers') }} as customers
    inner join resellers on lower(trim(customers.email)) = resellers.address
),

sold as (
    select
        items.order_key,
        items.source_name,
        items.reseller_key
    from {{ ref('fact_order_items') }} as items
    inner join the_same on items.reseller_sk = the_same.reseller_sk and items.customer_sk = the_same.customer_sk
    where items.is_booked
    union
    select
        items.order_key,
        items.source_name,
        items.reseller_key
    from {{ ref('fact_order_items') }} as items
    inner join resellers on items.reseller_sk = resellers.reseller_sk and items.customer_key = 'guest:' || md5(resellers.address)
    where items.is_booked
)

select
    'own_reseller' as reason,
    'orders' as entity,
    order_key as event_key,
    order_key,
    source_name,
    'the customer has the address of ' || reseller_key || ', who sold it' as detail,
    cast(null as decimal(18, 4)) as amount,
    '{{ var("currency") }}' as currency
from sold
