-- Own stock has no reseller and no row. Sales by the month of the order, punctuality by the month of the promise, of orders that the reseller
-- alone supplied.
with sales as (
    select * from {{ ref('int_resellers__sales') }}
),

returns as (
    select * from {{ ref('int_resellers__returns') }}
),

parcels as (
    select
        seller as reseller_key,
        cast(date_trunc('month', promised_date) as date) as month_start,
        count(*) as due,
        count(case when not is_in_time then 1 end) as late
    from {{ ref('parcels') }}
    where is_due and seller not in ('own', 'mixed')
    group by all
),

resellers as (
    select * from {{ ref('dim_resellers') }}
    where is_current
),

performed as (
    select
        reseller_key,
        month_start,
        sales.* exclude (reseller_key, month_start, commission),
        returns.* exclude (reseller_key, month_start, commission),
        parcels.due,
        parcels.late,
        coalesce(sales.gross_sales, 0) - coalesce(sales.discounts, 0) - coalesce(returns.returns, 0) as net_revenue,
        coalesce(sales.commission, 0) - coalesce(returns.commission, 0) as commission
    from sales
    full outer join returns using (reseller_key, month_start)
    full outer join parcels using (reseller_key, month_start)
)

select
    performed.reseller_key,
    performed.month_start,
    resellers.reseller_id,
    resellers.name as reseller_name,
    coalesce(resellers.country, 'ZZ') as country,
    {%- for count in [
        'orders', 'lines_booked', 'lines_cancelled', 'lines_without_terms', 'products_sold', 'orders_with_refund', 'due', 'late',
    ] %}
    coalesce(performed.{{ count }}, 0) as {{ count }},
    {%- endfor %}
    {%- for sum in ['units', 'returned_units', 'gmv', 'gross_sales', 'discounts', 'returns', 'net_revenue', 'commission'] %}
    cast(coalesce(performed.{{ sum }}, 0) as decimal(18, 4)) as {{ sum }},
    {%- endfor %}
    cast(performed.net_revenue - performed.commission as decimal(18, 4)) as payout
from performed
left join resellers on performed.reseller_key = resellers.reseller_key
