select
    observed.*,
    touched.product_key is not null as is_touched
from {{ ref('int_products__observed') }} as observed
left join {{ ref('int_products__touched') }} as touched on observed.product_key = touched.product_key
