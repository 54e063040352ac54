-- How daily_sales came to say what it says: one row per cell, day on which the lake learnt, and reason. A day of trade is closed with the first
-- later day on which the lake learnt anything; what is learnt after that restates it.
with learnt as (
    select
        business_date,
        country,
        channel,
        currency,
        known_date,
        reason,
        count(distinct order_key) as orders_concerned,
        {{ restated_sums() }}
    from {{ ref('int_ledger__learnt') }}
    group by all
),

days as (
    select distinct known_date from learnt
),

closed as (
    select
        learnt.business_date,
        min(days.known_date) as closed_on,
        min(days.known_date) filter (where days.known_date > last_day(learnt.business_date)) as month_closed_on
    from (select distinct business_date from learnt) as learnt
    inner join days on learnt.business_date < days.known_date
    group by learnt.business_date
),

judged as (
    select
        learnt.*,
        coalesce(learnt.known_date > closed.closed_on, false) as is_restatement,
        coalesce(learnt.known_date > closed.month_closed_on, false) as is_month_restated
    from learnt
    left join closed on learnt.business_date = closed.business_date
)

select
    business_date,
    country,
    channel,
    currency,
    known_date,
    case when reason = 'order' and is_restatement then 'late_order' else reason end as reason,
    is_restatement,
    is_month_restated,
    orders_concerned,
    {%- for measure in restated_measures() %}
    {%- set type = 'decimal(18, 4)' if loop.index <= 11 else 'bigint' %}
    cast({{ measure }} as {{ type }}) as {{ measure }},
    {%- endfor %}
    cast(sum(net_revenue) over told - net_revenue as decimal(18, 4)) as net_revenue_before,
    cast(sum(net_revenue) over told as decimal(18, 4)) as net_revenue_after,
    cast(sum(net_revenue_by_order_date) over told - net_revenue_by_order_date as decimal(18, 4)) as net_revenue_by_order_date_before,
    cast(sum(net_revenue_by_order_date) over told as decimal(18, 4)) as net_revenue_by_order_date_after
from judged
window told as (
    partition by business_date, country, channel, currency order by known_date, reason rows between unbounded preceding and current row
)
