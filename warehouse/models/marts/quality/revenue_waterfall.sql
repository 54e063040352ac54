-- from gross sales to what customers paid, by the month in which the order was placed; each step takes the one before it on
with tied as (
    select
        *,
        {{ has_payments('order_key') }} as has_payments,
        cast(date_trunc('month', ordered_date) as date) as month_start
    from {{ ref('int_orders__tied') }}
),

off as (
    select
        cast(date_trunc('month', ordered_date) as date) as month_start,
        country,
        sum(difference) as difference
    from {{ ref('unreconciled_orders') }}
    group by all
)

select
    tied.month_start,
    tied.country,
    {%- for measure in [
        'gross_sales', 'discounts', 'returns', 'cancellations', 'net_revenue', 'shipping_revenue', 'taxes',
    ] %}
    cast(sum(tied.{{ measure }}) as decimal(18, 4)) as {{ measure }},
    {%- endfor %}
    cast(sum(tied.net_revenue + tied.shipping_revenue + tied.taxes) as decimal(18, 4)) as total_sales,
    cast(sum(tied.gift_cards) as decimal(18, 4)) as gift_cards,
    cast(sum(tied.adjustments) as decimal(18, 4)) as adjustments,
    cast(sum(tied.booked_amount) as decimal(18, 4)) as booked_amount,
    cast(sum(case when tied.has_payments then 0 else tied.booked_amount end) as decimal(18, 4)) as booked_without_payments,
    cast(coalesce(any_value(off.difference), 0) as decimal(18, 4)) as unreconciled_amount,
    cast(sum(tied.captured_amount) as decimal(18, 4)) as captured_amount,
    cast(sum(case when tied.has_payments then tied.paid_back_amount else 0 end) as decimal(18, 4)) as paid_back_amount
from tied
left join off on tied.month_start = off.month_start and tied.country = off.country
group by tied.month_start, tied.country
