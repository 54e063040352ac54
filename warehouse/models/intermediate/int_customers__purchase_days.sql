{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='customer_key') }}

-- what a customer bought on a day: purchases on one day are one, and one that was refunded in full is none; credit notes lower the value
select
    customer_key,
    ordered_date,
    {{ any_true('is_valid') }} as is_purchase,
    {{ any_true("is_valid and refund_status <> 'full'") }} as is_kept,
    sum(case when order_kind = 'credit_note' or refund_status <> 'full' then net_amount else 0 end) as kept_amount
from {{ ref('fact_orders') }}
where is_revenue and customer_key is not null and {{ touched_only('customer_key', 'customer_key') }}
group by all
