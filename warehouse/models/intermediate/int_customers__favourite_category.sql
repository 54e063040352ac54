{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='customer_key') }}

-- the category, as it was when it was sold, of which a customer bought the most units; equal ones by name
with bought as (
    select
        items.customer_key,
        products.category,
        sum(items.quantity) as units
    from {{ ref('fact_order_items') }} as items
    inner join {{ ref('dim_products') }} as products on items.product_sk = products.product_sk
    where
        items.is_valid and items.item_kind = 'goods' and items.customer_key is not null and products.category is not null
        and {{ touched_only('items.customer_key', 'customer_key') }}
    group by all
)

select
    customer_key,
    category as favourite_category
from bought
qualify row_number() over (partition by customer_key order by units desc, category asc) = 1
