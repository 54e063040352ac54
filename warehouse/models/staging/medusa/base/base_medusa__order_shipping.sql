-- One row per order with shipping, as of the order's version: what it is charged before tax, after discounts, and the tax on it.
with orders as (
    {{ latest('medusa', 'order', 'id', 'updated_at', 'deleted_at') }}
),

chosen as (
    {{ latest('medusa', 'order_shipping', 'id', 'updated_at', 'deleted_at') }}
),

methods as (
    {{ latest('medusa', 'order_shipping_method', 'id', 'updated_at', 'deleted_at') }}
),

taxes as (
    select
        _source,
        shipping_method_id,
        cast(sum(case when _is_gone then 0 else rate end) as decimal(9, 4)) as rate,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'order_shipping_method_tax_line', 'id', 'updated_at', 'deleted_at') }})
    group by _source, shipping_method_id
),

discounts as (
    select
        _source,
        shipping_method_id,
        version,
        cast(sum(case when _is_gone then 0 else amount end) as decimal(18, 10)) as net,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'order_shipping_method_adjustment', 'id', 'updated_at', 'deleted_at') }})
    group by _source, shipping_method_id, version
),

priced as (
    select
        {{ joined_landing_columns(['chosen', 'methods', 'taxes', 'discounts'], 'chosen._is_gone or chosen.version < orders.version') }},
        chosen.order_id,
        {{ amount('methods.amount') }} as price,
        methods.is_tax_inclusive,
        coalesce(taxes.rate, 0) as tax_rate,
        coalesce(discounts.net, 0) as discount_net
    from chosen
    inner join orders on chosen._source = orders._source and chosen.order_id = orders.id
    inner join methods on chosen._source = methods._source and chosen.shipping_method_id = methods.id
    left join taxes on chosen._source = taxes._source and chosen.shipping_method_id = taxes.shipping_method_id
    left join discounts
        on
            chosen._source = discounts._source
            and chosen.shipping_method_id = discounts.shipping_method_id
            and chosen.version = discounts.version
),

netted as (
    select
        *,
        {{ amount(net_price('price', 'tax_rate', 'is_tax_inclusive') ~ ' - discount_net') }} as net_amount,
        {{ total_price('price', 'tax_rate', 'is_tax_inclusive', 'discount_net', '0') }} as total_amount
    from priced
)

select
    source_name as _source,
    order_id,
    cast(sum(case when is_deleted then 0 else net_amount end) as decimal(18, 4)) as net_amount,
    cast(sum(case when is_deleted then 0 else total_amount - net_amount end) as decimal(18, 4)) as tax_amount,
    max(observed_at) as _seen_at,
    max(recorded_at) as _ingested_at,
    {{ any_true('is_new') }} as _is_fresh
from netted
group by source_name, order_id
