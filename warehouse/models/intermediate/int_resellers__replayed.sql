select
    *,
    reseller_key in (select reseller_key from {{ ref('int_resellers__touched') }}) as is_touched
from {{ ref('int_resellers__observed') }}
