{# The waterfall, step by step, and on to what was captured less paid back; what does not tie is listed order by order. #}
{% test ties(model) %}
select
    *,
    booked_amount - booked_without_payments + unreconciled_amount - (captured_amount - paid_back_amount) as difference
from {{ model }}
where
    net_revenue <> gross_sales - discounts - returns - cancellations
    or total_sales <> net_revenue + shipping_revenue + taxes
    or booked_amount <> total_sales + gift_cards + adjustments
    or booked_amount - booked_without_payments + unreconciled_amount <> captured_amount - paid_back_amount
{% endtest %}
