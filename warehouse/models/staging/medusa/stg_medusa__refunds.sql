-- What an order is let off, as Medusa's own totals reckon it: units that came back, at what they cost, and credit lines (goodwill).
-- A payment's refund only settles these, or the difference that an edited order leaves, which is in the order's lines already.
-- The credit line with which a cancellation ends an order is the cancellation's; copies in later versions say nothing new.
with orders as (
    {{ latest('medusa', 'order', 'id', 'updated_at', 'deleted_at') }}
),

lines as (
    select
        * exclude (source_name, observed_at, recorded_at, is_new, batch_id, batch_position),
        source_name as _source,
        observed_at as _seen_at,
        recorded_at as _ingested_at,
        is_new as _is_fresh
    from {{ ref('base_medusa__order_lines') }}
),

items as (
    select
        *,
        return_received_quantity + return_dismissed_quantity
        - coalesce(lag(return_received_quantity + return_dismissed_quantity) over (partition by _source, item_id order by version), 0)
            as came_back
    from ({{ latest('medusa', 'order_item', 'id', 'updated_at', 'deleted_at') }})
),

credits as (
    select
        *,
        cast(json_extract_string(metadata, '$.created_in_version') as bigint) as created_in_version
    from ({{ latest('medusa', 'order_credit_line', 'id', 'updated_at', 'deleted_at') }})
),

let_off as (
    select
        {{ joined_landing_columns(['items', 'lines'], 'items._is_gone or lines.is_deleted') }},
        items.id as refund_id,
        items.order_id,
        items.item_id as order_item_id,
        cast(items.came_back as decimal(18, 4)) as quantity,
        coalesce({{ in_proportion('lines.net_amount', 'cast(items.came_back as decimal(18, 4))', 'lines.quantity') }}, 0) as goods_amount,
        coalesce({{ in_proportion('lines.tax_amount', 'cast(items.came_back as decimal(18, 4))', 'lines.quantity') }}, 0) as tax_amount,
        'return' as reason,
        items.created_at as refunded_at,
        items.updated_at
    from items
    inner join lines on items._source = lines._source and items.item_id = lines.item_id
    where items.came_back > 0
    union all
    select
        {{ joined_landing_columns(
            ['credits', 'orders'], "credits._is_gone or (orders.status = 'canceled' and credits.version = orders.version)"
        ) }},
        credits.id as refund_id,
        credits.order_id,
        cast(null as varchar) as order_item_id,
        cast(0 as decimal(18, 4)) as quantity,
        {{ amount('credits.amount') }} as goods_amount,
        cast(0 as decimal(18, 4)) as tax_amount,
        'credit' as reason,
        credits.created_at as refunded_at,
        credits.updated_at
    from credits
    inner join orders on credits._source = orders._source and credits.order_id = orders.id
    where coalesce(credits.created_in_version, orders.version) = credits.version
)

select
    let_off.* exclude (goods_amount, tax_amount),
    let_off.goods_amount,
    cast(0 as decimal(18, 4)) as shipping_amount,
    let_off.tax_amount,
    upper(orders.currency_code) as currency
from let_off
inner join orders on let_off.source_name = orders._source and let_off.order_id = orders.id
