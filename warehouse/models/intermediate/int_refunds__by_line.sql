-- Of the orders of this build: refunds that the source states, and the lines of credit notes, which are refunds that name no order
with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
),

stated as (
    select
        refunds.refund_key || coalesce('/' || refunds.refunded_item_key, '') as refund_item_key,
        refunds.refund_key,
        refunds.order_key,
        refunds.refunded_item_key as order_item_key,
        refunds.source_name,
        refunds.refund_id,
        refunds.reason,
        refunds.currency,
        {{ refund_rate('refunds', 'orders', 'rates') }} as exchange_rate,
        case when refunds.is_first_line then refunds.quantity else 0 end as quantity,
        {{ refunded_shares('refunds') }},
        refunds.refunded_at
    from {{ ref('int_refunds__spread') }} as refunds
    left join orders on refunds.order_key = orders.order_key
    left join rates
        on refunds.currency = rates.currency and {{ local_date('refunds.refunded_at') }} = rates.rate_date
),

credited as (
    select
        items.order_item_key as refund_item_key,
        items.order_key as refund_key,
        items.order_key,
        items.order_item_key,
        items.source_name,
        items.order_id as refund_id,
        'credit note' as reason,
        items.currency,
        items.exchange_rate,
        -items.quantity as quantity,
        {{ credited_shares('items') }},
        items.ordered_at as refunded_at
    from {{ ref('fact_order_items') }} as items
    where {{ is_credited('items') }} and {{ of_this_build('items.order_key') }}
)

select * from stated
union all
select * from credited
