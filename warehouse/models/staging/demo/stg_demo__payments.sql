select
    {{ landing_columns('updated_at') }},

    -- ids
    cast(id as varchar) as payment_id,
    cast(order_id as varchar) as order_id,

    -- what it is
    attempt as attempt_number,
    provider,
    method,
    status,

    -- amounts
    currency,
    {{ from_minor('amount', 'currency') }} as amount,

    -- times
    created_at as attempted_at,
    updated_at
from {{ source('demo', 'payments') }}
