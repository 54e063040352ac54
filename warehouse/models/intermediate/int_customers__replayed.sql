select
    observed.*,
    touched.customer_key is not null as is_touched
from {{ ref('int_customers__observed') }} as observed
left join {{ ref('int_customers__touched') }} as touched on observed.customer_key = touched.customer_key
