{{ config(unique_key='business_date') }}

{%- set told = 'partition by business_date, country, channel, currency'
    ~ ' order by known_date, reason rows between unbounded preceding and current row' %}
-- How daily_sales came to say what it says: one row per cell, day on which the lake learnt, and reason. What is learnt of a day of trade after it
-- was closed restates it.
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
    where {{ touched_only('business_date', 'business_date') }}
    group by all
),

judged as (
    select
        learnt.*,
        {{ is_known_after('learnt.known_date', 'closed.closed_on') }} as is_restatement,
        {{ is_known_after('learnt.known_date', 'closed.month_closed_on') }} as is_month_restated
    from learnt
    left join {{ ref('int_ledger__closed') }} as closed on learnt.business_date = closed.business_date
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
    cast(sum(net_revenue) over ({{ told }}) - net_revenue as decimal(18, 4)) as net_revenue_before,
    cast(sum(net_revenue) over ({{ told }}) as decimal(18, 4)) as net_revenue_after,
    cast(
        sum(net_revenue_by_order_date) over ({{ told }}) - net_revenue_by_order_date as decimal(18, 4)
    ) as net_revenue_by_order_date_before,
    cast(sum(net_revenue_by_order_date) over ({{ told }}) as decimal(18, 4)) as net_revenue_by_order_date_after
from judged
