-- read it before customers.clv_12m is believed: errors are of days that the forecast under test did not know
{% if var('predict_clv') -%}
select
    as_of_date,
    reason,
    customers,
    repeat_customers,
    r,
    alpha,
    a,
    b,
    p,
    q,
    v,
    holdout_from,
    holdout_days,
    holdout_customers,
    actual_purchases,
    predicted_purchases,
    purchases_error,
    naive_purchases_error,
    cast(actual_value as decimal(18, 4)) as actual_value,
    cast(predicted_value as decimal(18, 4)) as predicted_value,
    cast(value_error as decimal(18, 4)) as value_error,
    cast(naive_value_error as decimal(18, 4)) as naive_value_error
from {{ ref('int_clv__fitted') }}
{%- else -%}
select
    cast(null as date) as as_of_date,
    cast(null as varchar) as reason,
    cast(null as bigint) as customers,
    cast(null as bigint) as repeat_customers,
    cast(null as double) as r,
    cast(null as double) as alpha,
    cast(null as double) as a,
    cast(null as double) as b,
    cast(null as double) as p,
    cast(null as double) as q,
    cast(null as double) as v,
    cast(null as date) as holdout_from,
    cast(null as bigint) as holdout_days,
    cast(null as bigint) as holdout_customers,
    cast(null as bigint) as actual_purchases,
    cast(null as double) as predicted_purchases,
    cast(null as double) as purchases_error,
    cast(null as double) as naive_purchases_error,
    cast(null as decimal(18, 4)) as actual_value,
    cast(null as decimal(18, 4)) as predicted_value,
    cast(null as decimal(18, 4)) as value_error,
    cast(null as decimal(18, 4)) as naive_value_error
where false
{%- endif %}
