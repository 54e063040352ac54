select
    *,
    product_key in (select product_key from {{ ref('int_products__touched') }}) as is_touched
from {{ ref('int_products__observed') }}
