-- the orders of sources with payments whose money does not tie, to the last digit; data_issues has those that cannot be right
with tied as (
    select
        *,
        captured_amount - paid_back_amount - booked_amount as difference
    from {{ ref('int_orders__tied') }}
    where {{ has_payments('order_key') }}
)

select
    order_key,
    ordered_date,
    country,
    case
        when status is null then 'order_not_arrived'
        when not is_booked then 'paid_but_not_booked'
        when is_valid and captured_amount = 0 then 'unpaid'
        when abs(difference) <= 0.01 * greatest(line_count, 1) then 'rounding'
        when not is_valid then 'cancelled_but_paid'
        when difference > 0 then 'paid_over_total'
        else 'paid_short_of_total'
    end as reason,
    booked_amount,
    captured_amount,
    paid_back_amount,
    cast(difference as decimal(18, 4)) as difference
from tied
where difference <> 0
