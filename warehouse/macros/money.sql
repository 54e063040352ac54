{# Amounts are calculated in decimal(18,4); 2 places are shown. Halves are rounded away from zero on both engines. #}
{% macro amount(expression) -%}
    cast(round({{ expression }}, 4) as decimal(18, 4))
{%- endmacro %}


{# Minor units (cents, yen, fils) to an amount. #}
{% macro from_minor(column, currency) -%}
    cast({{ column }} * case {{ minor_digits(currency) }}
        when 0 then cast(1 as decimal(4, 3)) when 3 then cast(0.001 as decimal(4, 3)) else cast(0.01 as decimal(4, 3))
    end as decimal(18, 4))
{%- endmacro %}


{# Digits after the point of a currency, by ISO 4217 (2 where it says nothing else). #}
{% macro minor_digits(currency) -%}
    case
        when {{ currency }} in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
        ) then 0
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        else 2
    end
{%- endmacro %}


{# total * part / whole to 4 digits, halves away from zero, for amounts that are not negative: whole numbers all the way. #}
{% macro in_proportion(total, part, whole) -%}
    {%- set divisor = whole_number('(' ~ whole ~ ') * 10000') -%}
    cast({{ whole_quotient(
        '2 * ' ~ whole_number('(' ~ total ~ ') * 10000') ~ ' * ' ~ whole_number('(' ~ part ~ ') * 10000') ~ ' + ' ~ divisor,
        '(2 * ' ~ divisor ~ ')',
    ) }} as decimal(18, 0)) * cast(0.0001 as decimal(4, 4))
{%- endmacro %}


{# What is left of an amount that includes tax, at a rate in percent. #}
{% macro without_tax(amount, rate) -%}
    {{ in_proportion(amount, '100', '100 + ' ~ rate) }}
{%- endmacro %}
