{# What counts of an order, from its kind, its status, whether it is a test, and whether anybody knows its currency. #}
{% macro order_flags() -%}
    {%- set counts = 'not is_test and ' ~ is_known_currency('currency', 'exchange_rate') -%}
    {{ counts }} and status not in ('draft', 'failed') as is_booked,
    {{ counts }} and status not in ('draft', 'failed', 'cancelled') and order_kind = 'sale' as is_valid,
    {{ counts }} and status not in ('draft', 'failed', 'cancelled') and order_kind in ('sale', 'credit_note') as is_revenue
{%- endmacro %}


{# Whether an order is old enough to be judged by what came back of it: business.settle_days had passed before the last day of trade. #}
{% macro is_settled(ordered_date, last_day) -%}
    ({{ ordered_date }} + {{ var('settle_days') }} < {{ last_day }})
{%- endmacro %}


{# Whether a promise is due: its day is before the last day of trade. Due and not there is late; without a promise nothing is. #}
{% macro is_due(promised_date, last_day) -%}
    coalesce({{ promised_date }} < {{ last_day }}, false)
{%- endmacro %}
