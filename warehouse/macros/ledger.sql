{#
    What an order books, as text that two readers share: the facts, which know each order as it stands now, and the ledger of restatements,
    which knows it as it stood on each day on which the lake learnt something of it. There an `order_key` names order and day.
#}

{# Lines with their share of the order's discount, and what they take over from their order. #}
{% macro priced_lines(orders, items) -%}
{%- set lines -%}
(
    select
        items.*,
        orders.currency,
        orders.discount_amount as order_discount_amount,
        greatest(items.quantity * items.unit_price - items.discount_amount, 0) as weight
    from {{ items }} as items
    inner join {{ orders }} as orders on items.order_key = orders.order_key
    where not items.is_deleted
)
{%- endset -%}
select
    -- the line
    shared.* exclude (reseller_key, is_deleted, observed_at, recorded_at),
    coalesce(shared.reseller_key, orders.reseller_key) as reseller_key,
    {{ amount('shared.quantity * shared.unit_price') }} as gross_amount_txn,
    {{ amount('shared.discount_amount + shared.order_discount_share') }} as discount_amount_txn,

    -- its order
    orders.customer_key,
    orders.customer_sk,
    orders.order_kind,
    orders.channel,
    orders.country,
    orders.is_test,
    orders.is_booked,
    orders.is_valid,
    orders.exchange_rate,
    orders.ordered_at,
    orders.ordered_date
from {{ spread(
    lines, total='order_discount_amount', weight='weight', currency='currency',
    partition_by='order_key', order_by='line_number, order_item_key', share='order_discount_share',
) }} as shared
inner join {{ orders }} as orders on shared.order_key = orders.order_key
{%- endmacro %}


{# What a line comes to, in the order's currency and in the reporting currency. #}
{% macro line_amounts(priced) -%}
    -- amounts in the order's currency
    {{ priced }}.currency,
    {{ priced }}.exchange_rate,
    {{ priced }}.quantity,
    {{ priced }}.unit_price as unit_price_txn,
    {{ priced }}.gross_amount_txn,
    {{ priced }}.discount_amount_txn,
    {{ amount(priced ~ '.gross_amount_txn - ' ~ priced ~ '.discount_amount_txn') }} as net_amount_txn,
    {{ priced }}.tax_amount as tax_amount_txn,

    -- amounts in the reporting currency
    {{ amount(priced ~ '.gross_amount_txn * ' ~ priced ~ '.exchange_rate') }} as gross_amount,
    {{ amount(priced ~ '.discount_amount_txn * ' ~ priced ~ '.exchange_rate') }} as discount_amount,
    {{ amount(priced ~ '.gross_amount_txn * ' ~ priced ~ '.exchange_rate') }}
    - {{ amount(priced ~ '.discount_amount_txn * ' ~ priced ~ '.exchange_rate') }} as net_amount,
    {{ amount(priced ~ '.tax_amount * ' ~ priced ~ '.exchange_rate') }} as tax_amount
{%- endmacro %}


{# A refund of a line goes to that line, one of a whole order is spread over its lines by net amount; shipping and tax stand on the first alone. #}
{% macro spread_refunds(refunds, lines) -%}
{%- set candidates -%}
(
    -- two joins on keys: one join on either would compare every refund with every line
    select
        refunds.*,
        coalesce(lines.order_item_key, refunds.order_item_key) as refunded_item_key,
        lines.line_number,
        greatest(coalesce(lines.net_amount_txn, 0), 0) as weight
    from {{ refunds }} as refunds
    left join {{ lines }} as lines on refunds.order_key = lines.order_key and refunds.order_item_key = lines.order_item_key
    where refunds.order_item_key is not null
    union all
    select
        refunds.*,
        lines.order_item_key as refunded_item_key,
        lines.line_number,
        greatest(coalesce(lines.net_amount_txn, 0), 0) as weight
    from {{ refunds }} as refunds
    left join {{ lines }} as lines on refunds.order_key = lines.order_key
    where refunds.order_item_key is null
)
{%- endset -%}
select
    *,
    row_number() over (partition by order_key, refund_key order by line_number, refunded_item_key) = 1 as is_first_line
from {{ spread(
    candidates, total='goods_amount', weight='weight', currency='currency',
    partition_by='order_key, refund_key', order_by='line_number, refunded_item_key', share='goods_share',
) }}
{%- endmacro %}


{# What a line of a refund gives back, from `spread_refunds`, before it is converted. #}
{% macro refunded_shares(refunds) -%}
    {{ refunds }}.goods_share as goods_amount_txn,
    case when {{ refunds }}.is_first_line then {{ refunds }}.shipping_amount else 0 end as shipping_amount_txn,
    case when {{ refunds }}.is_first_line then {{ refunds }}.tax_amount else 0 end as tax_amount_txn
{%- endmacro %}


{# What a line of a credit note gives back: it is a refund that names no order. #}
{% macro credited_shares(items) -%}
    case when {{ items }}.item_kind = 'goods' then -{{ items }}.gross_amount_txn else 0 end as goods_amount_txn,
    case when {{ items }}.item_kind = 'shipping' then -{{ items }}.gross_amount_txn else 0 end as shipping_amount_txn,
    -{{ items }}.tax_amount_txn as tax_amount_txn
{%- endmacro %}

{% macro is_credited(items) -%}
    {{ items }}.order_kind = 'credit_note' and {{ items }}.item_kind in ('goods', 'shipping')
{%- endmacro %}


{# The rate of a refund: its order's if it is in the order's currency, else that of its own day. #}
{% macro refund_rate(refunds, orders, rates) -%}
    case
        when {{ refunds }}.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 8))
        when {{ refunds }}.currency = {{ orders }}.currency then {{ orders }}.exchange_rate
        else {{ rates }}.rate
    end
{%- endmacro %}


{# What a line of a refund comes to in the reporting currency. #}
{% macro refund_amounts(refunds) -%}
    {{ amount(refunds ~ '.goods_amount_txn * ' ~ refunds ~ '.exchange_rate') }} as goods_amount,
    {{ amount(refunds ~ '.shipping_amount_txn * ' ~ refunds ~ '.exchange_rate') }} as shipping_amount,
    {{ amount(refunds ~ '.tax_amount_txn * ' ~ refunds ~ '.exchange_rate') }} as tax_amount
{%- endmacro %}


{# What orders book on their own day: a row per line, and one per order for its shipping. #}
{% macro sales_entries(lines, orders) -%}
select
    case when order_kind = 'sale' then 'sale' else 'adjustment' end as event_type,
    order_key,
    order_item_key,
    cast(null as varchar) as refund_item_key,
    product_key,
    product_sk,
    reseller_key,
    reseller_sk,
    customer_sk,
    ordered_at as event_at,
    case when order_kind = 'sale' and item_kind = 'goods' then gross_amount else 0 end as gross_sales,
    case
        when order_kind = 'adjustment' then 0
        when item_kind = 'goods' then discount_amount
        when item_kind = 'discount' then -net_amount
        else 0
    end as discounts,
    0 as returns,
    0 as cancellations,
    case when order_kind <> 'adjustment' and item_kind = 'shipping' then net_amount else 0 end as shipping,
    tax_amount as taxes,
    case when order_kind <> 'adjustment' and item_kind = 'gift_card' then net_amount else 0 end as gift_cards,
    case when order_kind = 'adjustment' or item_kind = 'fee' then net_amount else 0 end as adjustments
from {{ lines }}
-- goods and postage that a credit note takes back are refunds
where is_booked and not (order_kind = 'credit_note' and item_kind in ('goods', 'shipping'))

union all

select
    'sale' as event_type,
    order_key,
    cast(null as varchar) as order_item_key,
    cast(null as varchar) as refund_item_key,
    cast(null as varchar) as product_key,
    '-1' as product_sk,
    reseller_key,
    reseller_sk,
    customer_sk,
    ordered_at as event_at,
    0 as gross_sales,
    0 as discounts,
    0 as returns,
    0 as cancellations,
    {{ amount('shipping_amount * exchange_rate') }} as shipping,
    {{ amount('shipping_tax_amount * exchange_rate') }} as taxes,
    0 as gift_cards,
    0 as adjustments
from {{ orders }}
where is_booked and (shipping_amount <> 0 or shipping_tax_amount <> 0)
{%- endmacro %}


{# What refunds take back, on the day of the refund. #}
{% macro refund_entries(refunds) -%}
select
    'refund' as event_type,
    order_key,
    order_item_key,
    refund_item_key,
    product_key,
    product_sk,
    reseller_key,
    reseller_sk,
    customer_sk,
    refunded_at as event_at,
    0 as gross_sales,
    0 as discounts,
    case when item_kind = 'gift_card' then 0 else goods_amount end as returns,
    0 as cancellations,
    -shipping_amount as shipping,
    -tax_amount as taxes,
    case when item_kind = 'gift_card' then -goods_amount else 0 end as gift_cards,
    0 as adjustments
from {{ refunds }}
where is_booked
{%- endmacro %}


{# What cancellations reverse on their own day: of each line, and of the order's shipping and tax, what no refund took back before. #}
{% macro cancellation_entries(orders, sales, refunds) -%}
with cancelled as (
    select
        *,
        coalesce(cancelled_at, updated_at, ordered_at) as reversed_at
    from {{ orders }}
    where is_booked and status = 'cancelled' and order_kind = 'sale'
),

left_over as (
    select
        order_key,
        order_item_key,
        any_value(product_key) as product_key,
        any_value(product_sk) as product_sk,
        any_value(reseller_key) as reseller_key,
        any_value(reseller_sk) as reseller_sk,
        sum(gross_sales - discounts - returns) as goods,
        sum(shipping) as shipping,
        sum(taxes) as taxes,
        sum(gift_cards) as gift_cards,
        sum(adjustments) as adjustments
    from (
        select * from {{ sales }}
        where order_key in (select order_key from cancelled)
        union all
        select refunds.*
        from {{ refunds }} as refunds
        inner join cancelled on refunds.order_key = cancelled.order_key
        where refunds.event_at <= cancelled.reversed_at
    )
    group by order_key, order_item_key
)

select
    'cancellation' as event_type,
    left_over.order_key,
    left_over.order_item_key,
    cast(null as varchar) as refund_item_key,
    left_over.product_key,
    left_over.product_sk,
    left_over.reseller_key,
    left_over.reseller_sk,
    cancelled.customer_sk,
    cancelled.reversed_at as event_at,
    0 as gross_sales,
    0 as discounts,
    0 as returns,
    left_over.goods as cancellations,
    -left_over.shipping as shipping,
    -left_over.taxes as taxes,
    -left_over.gift_cards as gift_cards,
    -left_over.adjustments as adjustments
from left_over
inner join cancelled on left_over.order_key = cancelled.order_key
{%- endmacro %}
