{%- set running = 'partition by begun.customer_key order by renewed.as_of_date' %}
{%- set window = var('rfm_window_days') -%}
-- Recency, frequency and value of the RFM window as of the end of every month that is over, and as of the last day of trade.
-- A purchase day enters with the first reckoning on or after it and leaves with the first one for which it is too old: two rows
-- a purchase day, however long the window is. Of this build: from the first day that it concerns. By what is known now: an order that was cancelled since never counted.
with days as (
    select
        purchase_days.*,
        bounds.last_day
    from {{ ref('int_customers__purchase_days') }} as purchase_days
    cross join {{ ref('int_ledger__last_day') }} as bounds
    where purchase_days.ordered_date <= bounds.last_day
),

moves as (
    select
        customer_key,
        {{ reckoned_on('ordered_date') }} as as_of_date,
        case when is_kept then 1 else 0 end as frequency,
        kept_amount as monetary,
        case when is_kept then ordered_date end as kept_date,
        is_purchase
    from days
    union all
    select
        customer_key,
        {{ reckoned_on('ordered_date + ' ~ window) }} as as_of_date,
        case when is_kept then -1 else 0 end as frequency,
        -kept_amount as monetary,
        cast(null as date) as kept_date,
        false as is_purchase
    from days
    where ordered_date + {{ window }} <= last_day
),

-- a customer is reckoned from the first purchase on; a credit note for a sale before our first file may be older
begun as (
    select
        customer_key,
        min(case when is_purchase then as_of_date end) as begins_on
    from moves
    group by customer_key
),

reckonings as (
    select distinct calendar.month_end as as_of_date
    from {{ ref('dim_date') }} as calendar
    cross join {{ ref('int_ledger__last_day') }} as bounds
    where calendar.month_end < bounds.last_day
    union all
    select last_day as as_of_date from {{ ref('int_ledger__last_day') }}
),

-- those of this build; what moved before the first of them is summed up in it
renewed as (
    select * from reckonings
    where as_of_date >= {{ renewed_from() }}
),

moved as (
    select
        moves.customer_key,
        greatest(moves.as_of_date, begun.begins_on, (select min(as_of_date) from renewed)) as as_of_date,
        sum(moves.frequency) as frequency,
        sum(moves.monetary) as monetary,
        max(moves.kept_date) as kept_date
    from moves
    inner join begun on moves.customer_key = begun.customer_key and begun.begins_on is not null
    group by all
)

select
    begun.customer_key,
    renewed.as_of_date,
    cast(sum(coalesce(moved.frequency, 0)) over ({{ running }}) as bigint) as frequency,
    cast(sum(coalesce(moved.monetary, 0)) over ({{ running }}) as decimal(18, 4)) as monetary,
    max(moved.kept_date) over ({{ running }}) as kept_date
from begun
inner join renewed on begun.begins_on <= renewed.as_of_date
left join moved on begun.customer_key = moved.customer_key and renewed.as_of_date = moved.as_of_date
