{# What of daily_sales is restated: all that adds up but new_customers, which is no order's own. #}
{% macro restated_measures() -%}
    {{ return(['gross_sales', 'discounts', 'returns', 'cancellations', 'net_revenue', 'shipping_revenue', 'taxes', 'gift_cards', 'adjustments',
        'net_revenue_by_order_date', 'units', 'orders_booked', 'orders', 'orders_with_coupon', 'guest_orders']) }}
{%- endmacro %}


{% macro restated_sums() -%}
    {%- for measure in restated_measures() %}sum({{ measure }}) as {{ measure }}{{ ',\n    ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro restates_something() -%}
    {%- for measure in restated_measures() %}sum({{ measure }}) <> 0{{ '\n    or ' if not loop.last }}{% endfor -%}
{%- endmacro %}


{# What stood from a day on, or no more from a day on. #}
{% macro differences(stood, day, sign) -%}
    select
        order_key,
        {{ day }} as known_date,
        event_type,
        basis,
        business_date,
        country,
        channel,
        currency,
        {%- for measure in restated_measures() %}
        {{ sign }} * coalesce({{ measure }}, 0) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ stood }}
    where {{ day }} is not null
{%- endmacro %}


{# Why a figure changed: what happened to the order that day, unless the entry says it itself. #}
{% macro restatement_reason() -%}
    case
        when change in ('removal', 'rate') then change
        when basis = 'order' and change = 'cancellation' then change
        when event_type in ('refund', 'cancellation') then event_type
        when change = 'order' then change
        else 'correction'
    end
{%- endmacro %}


{# Whether something was learnt after a day, or its month, was closed; nothing was, of one that is not. #}
{% macro is_known_after(known_date, closed_on) -%}
    coalesce({{ known_date }} > {{ closed_on }}, false)
{%- endmacro %}
