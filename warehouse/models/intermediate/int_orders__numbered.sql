-- An order counts as the customer's first or n-th among all valid ones. Numbered are those of the customers that this build concerns, and no
-- others: of their orders only the later ones are touched along with it, but each is numbered among them all.
select
    order_key,
    row_number() over (partition by customer_key order by ordered_at, order_key) as customer_order_number,
    datediff('day', lag(ordered_date) over (partition by customer_key order by ordered_at, order_key), ordered_date)
        as days_since_previous_order
from {{ ref('int_orders__resolved') }}
where is_valid and customer_key in (select customer_key from {{ ref('int_customers__concerned') }})
