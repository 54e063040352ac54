{{ config(materialized='table') }}

-- The baskets of the affinity windows: one row per window, order and product, in numbers, because pairs of numbers are cheap to count. A basket
-- with more than {{ var('affinity_max_basket') }} products is a wholesale list, not a basket: its pairs grow with the square and it is left out whole.
with lines as (
    select distinct
        items.order_key,
        items.product_key,
        items.ordered_date
    from {{ ref('fact_order_items') }} as items
    where
        items.is_valid and items.item_kind = 'goods' and items.product_key is not null
        and items.ordered_date > (select last_day - {{ var('affinity_window_days') | max }} from {{ ref('int_ledger__last_day') }})
),

baskets as (
    select
        order_key,
        ordered_date,
        row_number() over (order by order_key) as basket_number
    from lines
    group by order_key, ordered_date
    having count(*) <= {{ var('affinity_max_basket') }}
),

products as (
    select
        product_key,
        row_number() over (order by product_key) as product_number
    from lines
    group by product_key
)

select
    cast(windows.window_days as bigint) as window_days,
    bounds.last_day as window_end,
    baskets.basket_number,
    products.product_number,
    products.product_key
from lines
inner join baskets on lines.order_key = baskets.order_key
inner join products on lines.product_key = products.product_key
cross join {{ ref('int_ledger__last_day') }} as bounds
inner join (
    {%- for days in var('affinity_window_days') %}
    select {{ days }} as window_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
) as windows on baskets.ordered_date > bounds.last_day - windows.window_days
