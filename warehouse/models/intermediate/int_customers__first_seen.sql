-- the first event of each customer that any order names, registered or not
select
    customer_key,
    min(ordered_at) as first_event_at,
    min(recorded_at) as recorded_at,
    min_by(source_name, ordered_at) as source_name,
    min_by(customer_id, ordered_at) as customer_id,
    min_by(country, ordered_at) as country
from {{ ref('int_orders__current') }}
where customer_key is not null and not is_deleted
group by customer_key
