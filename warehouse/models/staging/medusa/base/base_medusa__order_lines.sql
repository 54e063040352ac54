-- One row per line of an order, as of the order's version: what it cost before tax, its tax and discounts, and what came back of it.
-- A line that the current version no longer has is gone. What the customer pays for a line is exact; a net price holds 4 digits.
with orders as (
    {{ latest('medusa', 'order', 'id', 'updated_at', 'deleted_at') }}
),

lines as (
    {{ latest('medusa', 'order_line_item', 'id', 'updated_at', 'deleted_at') }}
),

items as (
    select * from ({{ latest('medusa', 'order_item', 'id', 'updated_at', 'deleted_at') }})
    qualify row_number() over (partition by _source, item_id order by version desc) = 1
),

taxes as (
    select
        _source,
        item_id,
        cast(sum(case when _is_gone then 0 else rate end) as decimal(9, 4)) as rate,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'order_line_item_tax_line', 'id', 'updated_at', 'deleted_at') }})
    group by _source, item_id
),

discounts as (
    select
        _source,
        item_id,
        version,
        cast(sum(case when _is_gone or is_tax_inclusive then 0 else amount end) as decimal(18, 10)) as net,
        cast(sum(case when is_tax_inclusive and not _is_gone then amount else 0 end) as decimal(18, 10)) as gross,
        min(case when not _is_gone then code end) as code,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'order_line_item_adjustment', 'id', 'updated_at', 'deleted_at') }})
    group by _source, item_id, version
),

priced as (
    select
        {{ joined_landing_columns(
            ['items', 'orders', 'lines', 'taxes', 'discounts'],
            'orders._is_gone or items._is_gone or lines._is_gone or items.version < orders.version or items.quantity = 0'
        ) }},
        items.item_id,
        items.order_id,
        lines.variant_id,
        lines.is_giftcard,
        discounts.code as coupon_code,
        coalesce(taxes.rate, 0) as tax_rate,
        cast(items.quantity as decimal(18, 4)) as quantity,
        {{ amount('coalesce(items.unit_price, lines.unit_price)') }} as price,
        lines.is_tax_inclusive,
        coalesce(discounts.net, 0) as discount_net,
        coalesce(discounts.gross, 0) as discount_gross
    from items
    inner join orders on items._source = orders._source and items.order_id = orders.id
    inner join lines on items._source = lines._source and items.item_id = lines.id
    left join taxes on items._source = taxes._source and items.item_id = taxes.item_id
    left join discounts
        on items._source = discounts._source and items.item_id = discounts.item_id and items.version = discounts.version
),

netted as (
    select
        *,
        {{ net_price('price', 'tax_rate', 'is_tax_inclusive') }} as unit_price,
        {{ amount(
            net_price('quantity * price', 'tax_rate', 'is_tax_inclusive') ~ ' - discount_net - ' ~ without_tax('discount_gross', 'tax_rate')
        ) }} as net_amount,
        {{ total_price('quantity * price', 'tax_rate', 'is_tax_inclusive', 'discount_net', 'discount_gross') }} as total_amount
    from priced
)

select
    *,
    total_amount - net_amount as tax_amount
from netted
