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


{#
    Whether anybody knows the currency of a row: it is in ISO 4217 (a code that was withdrawn in the last years is), or has a rate. One that nobody
    knows is no rate to be loaded: what it says counts nowhere and is listed in gold.data_issues. One that is known and lacks a rate stops the build.
#}
{% macro is_known_currency(currency, exchange_rate) -%}
    ({{ exchange_rate }} is not null or {{ is_currency(currency) }})
{%- endmacro %}

{% macro is_currency(currency) -%}
    coalesce({{ currency }} in (
        'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND',
        'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU',
        'CRC', 'CUC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS',
        'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HRK', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD',
        'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL',
        'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR',
        'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG',
        'SEK', 'SGD', 'SHP', 'SLE', 'SLL', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY',
        'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD',
        'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG', 'ZWL'
    ), false)
{%- endmacro %}
