-- Orders of customers who are the reseller that sold it: a person, too, known by the address that both have given, a guest by its hash.
select distinct
    'own_reseller' as reason,
    'orders' as entity,
    items.order_key as event_key,
    items.order_key,
    items.source_name,
    'the customer has the address of ' || items.reseller_key || ', who sold it' as detail,
    cast(null as decimal(18, 4)) as amount,
    '{{ var("currency") }}' as currency
from {{ ref('fact_order_items') }} as items
inner join {{ ref('dim_resellers') }} as resellers on items.reseller_sk = resellers.reseller_sk
left join {{ ref('dim_customers') }} as customers on items.customer_sk = customers.customer_sk
where
    items.is_booked
    and lower(trim(resellers.email)) <> ''
    and (
        lower(trim(customers.email)) = lower(trim(resellers.email))
        or items.customer_key = 'guest:' || md5(lower(trim(resellers.email)))
    )
