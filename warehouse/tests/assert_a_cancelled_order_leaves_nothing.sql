-- What a cancelled order booked, its cancellation and its refunds take back to the last digit.
select
    ledger.order_key,
    sum(ledger.booked_amount) as left_over
from {{ ref('fact_sales_ledger') }} as ledger
inner join {{ ref('fact_orders') }} as orders on ledger.order_key = orders.order_key
where orders.status = 'cancelled'
group by ledger.order_key
having sum(ledger.booked_amount) <> 0
