-- Orders that do not add up within themselves, amounts in the reporting currency. The tolerance is that of payment_difference: a cent a line.
with orders as (
    select * from {{ ref('orders') }}
),

judged as (
    select
        *,
        case
            when payment_difference > 0 and is_valid then 'paid_over_total'
            when payment_difference < 0 and is_valid then 'paid_short_of_total'
            when payment_difference <> 0 then 'cancelled_but_paid'
        end as payment_reason,
        case when payment_attempts > 0 then captured_amount else total_amount end as most_to_give_back
    from orders
),

found as (
    select
        'order_without_lines' as reason,
        order_key,
        source_name,
        'no line of it has arrived; its shipping is booked, its goods are not' as detail,
        total_amount as amount
    from judged
    where line_count = 0

    union all

    select
        payment_reason as reason,
        order_key,
        source_name,
        'captured ' || captured_amount || ' of a total of ' || total_amount || ', paid back ' || paid_back_amount as detail,
        payment_difference as amount
    from judged
    where payment_reason is not null

    union all

    select
        'refunded_over_payment' as reason,
        order_key,
        source_name,
        'paid back ' || paid_back_amount || ' of ' || most_to_give_back as detail,
        cast(paid_back_amount - most_to_give_back as decimal(18, 4)) as amount
    from judged
    where paid_back_amount > most_to_give_back + 0.01 * greatest(line_count, 1)
)

select
    reason,
    'orders' as entity,
    order_key as event_key,
    order_key,
    source_name,
    detail,
    amount,
    '{{ var("currency") }}' as currency
from found
