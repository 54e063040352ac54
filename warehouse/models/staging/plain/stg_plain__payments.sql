select
    {{ landing_columns('updated_at') }},

    payment_id,
    order_id,
    attempt_number,
    provider,
    method,
    status,
    amount,
    currency,
    attempted_at,
    updated_at
from {{ source('plain', 'payments') }}
