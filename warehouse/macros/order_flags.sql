{# What counts of an order, from its kind, its status, whether it is a test, and whether anybody knows its currency. #}
{% macro order_flags() -%}
    {%- set counts = 'not is_test and ' ~ is_known_currency('currency', 'exchange_rate') -%}
    {{ counts }} and status not in ('draft', 'failed') as is_booked,
    {{ counts }} and status not in ('draft', 'failed', 'cancelled') and order_kind = 'sale' as is_valid,
    {{ counts }} and status not in ('draft', 'failed', 'cancelled') and order_kind in ('sale', 'credit_note') as is_revenue
{%- endmacro %}
