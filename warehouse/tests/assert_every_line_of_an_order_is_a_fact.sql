-- Nothing is dropped, nothing doubled between the current rows and the facts.
with counted as (
    select
        'fact_orders' as fact,
        (
            select count(*) from {{ ref('int_orders__current') }}
            where not is_deleted
        ) as expected,
        (select count(*) from {{ ref('fact_orders') }}) as found
    union all
    select
        'fact_order_items' as fact,
        (
            select count(*)
            from {{ ref('int_order_items__current') }} as items
            inner join {{ ref('int_orders__current') }} as orders on items.order_key = orders.order_key
            where not items.is_deleted and not orders.is_deleted
        ) as expected,
        (select count(*) from {{ ref('fact_order_items') }}) as found
    union all
    select
        'fact_payments' as fact,
        (
            select count(*) from {{ ref('int_payments__current') }}
            where not is_deleted
        ) as expected,
        (select count(*) from {{ ref('fact_payments') }}) as found
    union all
    select
        'fact_shipments' as fact,
        (
            select count(*) from {{ ref('int_shipments__current') }}
            where not is_deleted
        ) as expected,
        (select count(*) from {{ ref('fact_shipments') }}) as found
)

select * from counted
where expected <> found
