-- How evenly a product sells: the spread of its weekly units over the 26 reporting weeks that ended by the month's end (by the last day of
-- trade in the running month). A week without a sale counts as 0 from the product's first week on. In whole ten-thousandths of a unit, so that
-- the class follows from exact numbers: the coefficient of variation is at most 1/2 where 4 (n Σu² - (Σu)²) <= (Σu)².
with weekly as (
    select
        product_key,
        {{ week_start('ordered_date') }} + 6 as week_end,
        {{ whole_number('sum(quantity) * 10000') }} as units
    from {{ ref('fact_order_items') }}
    where is_valid and item_kind = 'goods' and product_key is not null
    group by all
),

first_weeks as (
    select
        product_key,
        min(week_end) as first_week_end
    from weekly
    group by product_key
),

months as (
    select
        calendar.month_start,
        least(calendar.month_end, bounds.last_day) as window_end
    from {{ ref('dim_date') }} as calendar
    cross join {{ ref('int_ledger__last_day') }} as bounds
    where calendar.date_day = calendar.month_start and calendar.month_start <= bounds.last_day
),

windowed as (
    select
        weekly.product_key,
        months.month_start,
        least(26, {{ whole_quotient('months.window_end - any_value(first_weeks.first_week_end)', '7') }} + 1) as weeks,
        sum(weekly.units) as units,
        sum(weekly.units * weekly.units) as units_squared
    from weekly
    inner join first_weeks on weekly.product_key = first_weeks.product_key
    inner join months on weekly.week_end <= months.window_end and weekly.week_end > months.window_end - 182
    group by weekly.product_key, months.month_start, months.window_end
)

select
    product_key,
    month_start,
    case
        when weeks < 8 or units <= 0 then null
        when 4 * (weeks * units_squared - units * units) <= units * units then 'X'
        when weeks * units_squared - units * units <= units * units then 'Y'
        else 'Z'
    end as xyz_class
from windowed
