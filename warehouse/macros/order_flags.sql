{# What counts of an order, from its kind, its status and whether it is a test. #}
{% macro order_flags() -%}
    not is_test and status not in ('draft', 'failed') as is_booked,
    not is_test and status not in ('draft', 'failed', 'cancelled') and order_kind = 'sale' as is_valid,
    not is_test and status not in ('draft', 'failed', 'cancelled') and order_kind in ('sale', 'credit_note') as is_revenue
{%- endmacro %}
