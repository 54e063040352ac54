select
    observed.*,
    touched.reseller_key is not null as is_touched
from {{ ref('int_resellers__observed') }} as observed
left join {{ ref('int_resellers__touched') }} as touched on observed.reseller_key = touched.reseller_key
