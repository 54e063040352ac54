-- One row per order or refund: what its lines and fees come to before tax, its shipping, and the tax on both. A refund's are negative.
select
    source_name as _source,
    order_id,
    sum(case when is_deleted then 0 else net_amount end) as goods_amount,
    sum(case when is_deleted then 0 else shipping_amount end) as shipping_amount,
    sum(case when is_deleted then 0 else shipping_tax_amount end) as shipping_tax_amount,
    sum(case when is_deleted then 0 else tax_amount end) as goods_tax_amount,
    max(observed_at) as _seen_at,
    max(recorded_at) as _ingested_at,
    {{ any_true('is_new') }} as _is_fresh
from {{ ref('base_woocommerce__order_items') }}
group by source_name, order_id
