{# Rules about a customer that more than one reader should find in one place. #}

{# Whether the second valid order came within so many days of the first; NULL until they have passed. #}
{% macro repeated_within(days) -%}
    case
        when bounds.last_day > bought.first_order_date + {{ days }}
            then coalesce(bought.second_order_date <= bought.first_order_date + {{ days }}, false)
    end
{%- endmacro %}


{# How long a customer is gone against the gap after which they are expected back. #}
{% macro churn_risk(days_gone, expected_gap) -%}
    case
        when {{ days_gone }} is null then 'none'
        when {{ days_gone }} < {{ expected_gap }} then 'low'
        when {{ days_gone }} <= 2 * {{ expected_gap }} then 'medium'
        when {{ days_gone }} <= 3 * {{ expected_gap }} then 'high'
        else 'churned'
    end
{%- endmacro %}
