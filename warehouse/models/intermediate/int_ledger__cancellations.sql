-- what a cancellation of this build reverses on its own day, of the customer as of then
with orders as (
    select * from {{ ref('int_orders__resolved') }}
    where {{ of_this_build() }}
),

entries as (
    {{ cancellation_entries('orders', ref('int_ledger__sales'), ref('int_ledger__refunds')) }}
)

select entries.* replace (coalesce(customers.customer_sk, '-1') as customer_sk)
from entries
inner join orders on entries.order_key = orders.order_key
{{ as_of('dim_customers', 'orders.customer_key', 'entries.event_at', 'customers') }}
