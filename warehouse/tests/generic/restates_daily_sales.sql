{# The ledger of restatements adds up to daily_sales, cell by cell, in every measure that it has (who is new is no order's own). #}
{% test restates_daily_sales(model) %}
{%- set measures = restated_measures() | reject('equalto', 'net_revenue_by_order_date') | list -%}
with compared as (
    select business_date, country, channel, currency, {{ measures | join(', ') }} from {{ ref('daily_sales') }}
    union all
    select business_date, country, channel, currency, {% for measure in measures %}-{{ measure }}{{ ', ' if not loop.last }}{% endfor %} from {{ model }}
)

select
    business_date,
    country,
    channel,
    currency,
    {%- for measure in measures %}
    sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from compared
where {{ 'true' if is_remembered() else 'false' }}
group by business_date, country, channel, currency
having {% for measure in measures %}sum({{ measure }}) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
