{# Whether a value stands in a list from fondaco.yml; an empty list holds nothing. #}
{% macro is_listed(expression, values) -%}
    {%- if values -%}
    coalesce({{ expression }} in ({% for value in values %}'{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}), false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}


{# Whether fondaco.yml says that an order is a test, by the domain of its address or by its coupon. #}
{% macro is_test_order(orders='') -%}
    ({{ is_listed("lower(split_part(" ~ orders ~ "customer_email, '@', 2))", var('test_email_domains')) }}
    or {{ is_listed(orders ~ 'coupon_code', var('test_coupons')) }})
{%- endmacro %}
