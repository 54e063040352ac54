{#
    What was captured for an order beyond (or short of) what it asks: its total while it is valid, what was paid back once it is cancelled.
    NULL where nothing was captured for a valid order, which is unpaid, not unreconciled. One cent a line is the rounding of conversions.
#}
{% macro payment_difference() -%}
    case
        when orders.payment_attempts = 0 or (orders.is_valid and orders.captured_amount = 0) then null
        when
            abs(orders.captured_amount - case when orders.is_valid then orders.total_amount else coalesce(paid_back.amount, 0) end)
            <= 0.01 * greatest(orders.line_count, 1)
            then cast(0 as decimal(18, 4))
        else cast(
            orders.captured_amount - case when orders.is_valid then orders.total_amount else coalesce(paid_back.amount, 0) end
            as decimal(18, 4)
        )
    end
{%- endmacro %}


{# Whether the source of an order says anything of payments: of one that does not, nothing can be said to tie. #}
{% macro has_payments(order_key) -%}
    split_part({{ order_key }}, ':', 1) in (select distinct source_name from {{ ref('fact_payments') }})
{%- endmacro %}
