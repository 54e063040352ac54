-- what customers are expected to bring, where rules.predict_clv is on
{% if var('predict_clv') -%}
select
    customer_key,
    cast(p_alive as decimal(9, 6)) as p_alive,
    cast(clv_12m as decimal(18, 4)) as clv_12m
from {{ ref('int_clv__predicted') }}
{%- else -%}
select
    cast(null as varchar) as customer_key,
    cast(null as decimal(9, 6)) as p_alive,
    cast(null as decimal(18, 4)) as clv_12m
where false
{%- endif %}
