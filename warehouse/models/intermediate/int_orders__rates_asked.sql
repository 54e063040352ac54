-- every currency and day for which an order, or a refund of it, ever asked a rate
select
    order_key,
    currency,
    {{ local_date('ordered_at') }} as rate_date
from {{ ref('int_orders__recorded') }}
where currency <> '{{ var("currency") }}'
union
select
    order_key,
    currency,
    {{ local_date('refunded_at') }} as rate_date
from {{ ref('int_refunds__recorded') }}
where currency <> '{{ var("currency") }}'
