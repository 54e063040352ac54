{%- set least_orders = var('affinity_min_pair_orders') -%}
-- Counts only: support is pair_orders / orders_in_window, confidence pair_orders / product_orders, lift
-- pair_orders x orders_in_window / (product_orders x other_product_orders). One shared order can have any lift, so pairs need
-- {{ least_orders }} shared orders; a product with fewer has no such pair, and is left out before pairs are made.
with baskets as (
    select * from {{ ref('int_baskets__products') }}
),

windows as (
    select
        window_days,
        any_value(window_end) as window_end,
        count(distinct basket_number) as orders_in_window
    from baskets
    group by window_days
),

products as (
    select
        window_days,
        product_number,
        any_value(product_key) as product_key,
        count(*) as product_orders
    from baskets
    group by all
    having count(*) >= {{ least_orders }}
),

candidates as (
    select baskets.*
    from baskets
    inner join products on baskets.window_days = products.window_days and baskets.product_number = products.product_number
),

pairs as (
    select
        one.window_days,
        one.product_number,
        other.product_number as other_product_number,
        count(*) as pair_orders
    from candidates as one
    inner join candidates as other
        on
            one.window_days = other.window_days
            and one.basket_number = other.basket_number
            and one.product_number < other.product_number
    group by all
    having count(*) >= {{ least_orders }}
),

directed as (
    select * from pairs
    union all
    select
        window_days,
        other_product_number as product_number,
        product_number as other_product_number,
        pair_orders
    from pairs
)

select
    ones.product_key,
    others.product_key as other_product_key,
    directed.window_days,
    windows.window_end,
    windows.orders_in_window,
    ones.product_orders,
    others.product_orders as other_product_orders,
    directed.pair_orders,
    row_number() over (
        partition by directed.window_days, directed.product_number
        order by directed.pair_orders desc, others.product_orders asc, others.product_key asc
    ) as affinity_rank
from directed
inner join windows on directed.window_days = windows.window_days
inner join products as ones on directed.window_days = ones.window_days and directed.product_number = ones.product_number
inner join products as others on directed.window_days = others.window_days and directed.other_product_number = others.product_number
where directed.pair_orders >= windows.orders_in_window * {{ var('affinity_min_support') }}
