{# Whether discounts took another share of the sales after a price change than before it: more than five points, reckoned without a division. #}
{% macro is_other_discount_rate() -%}
    20 * abs(
        {{ whole_number('compared.before_discounts * 10000') }} * {{ whole_number('compared.after_gross * 10000') }}
        - {{ whole_number('compared.after_discounts * 10000') }} * {{ whole_number('compared.before_gross * 10000') }}
    ) > {{ whole_number('compared.before_gross * 10000') }} * {{ whole_number('compared.after_gross * 10000') }}
{%- endmacro %}
