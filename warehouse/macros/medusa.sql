{# How Medusa reckons: a price includes tax or not, a discount is off one or the other. Rates are percent. #}

{% macro net_price(price, rate, is_inclusive) -%}
    case when {{ is_inclusive }} then {{ without_tax(price, rate) }} else {{ amount(price) }} end
{%- endmacro %}

{% macro total_price(price, rate, is_inclusive, discount_net, discount_gross) -%}
    {{ amount(
        'case when ' ~ is_inclusive ~ ' then ' ~ price ~ ' else ' ~ price ~ ' * (100 + ' ~ rate ~ ') * 0.01 end'
        ~ ' - ' ~ discount_net ~ ' * (100 + ' ~ rate ~ ') * 0.01 - ' ~ discount_gross
    ) }}
{%- endmacro %}
