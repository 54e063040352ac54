select
    *,
    customer_key in (select customer_key from {{ ref('int_customers__touched') }}) as is_touched
from {{ ref('int_customers__observed') }}
