-- What was read has landed, was known or is in quarantine, and what has landed is in bronze, batch by batch, by the lake's own log.
{%- for entity in ['customers', 'products', 'resellers', 'orders', 'order_items', 'payments', 'shipments', 'refunds', 'exchange_rates'] %}
-- depends_on: {{ ref('int_' ~ entity ~ '__unioned') }}
{%- endfor %}
with batches as (
    {{ batches_on_record() }}
)

select
    source_name,
    table_name,
    batch_id,
    rows_read,
    rows_landed,
    rows_known,
    rows_quarantined,
    rows_in_bronze,
    rows_replaced
from batches
where
    rows_read <> rows_landed + rows_known + rows_quarantined
    or rows_landed <> rows_in_bronze + rows_replaced
