-- Four weeks before and after the day of the change, that day left out. Descriptive, not causal: a change is marked as confounded where
-- something else happened, too. Without a source of stock, a product that was out of stock looks like one that nobody wanted.
with changes as (
    select
        changes.*,
        coalesce(changes.changed_date + 28 < bounds.last_day, false) as is_mature
    from {{ ref('int_products__price_changes') }} as changes
    cross join {{ ref('int_ledger__last_day') }} as bounds
),

sold as (
    select
        product_key,
        ordered_date,
        sum(quantity) as units,
        sum(gross_amount) as gross,
        sum(discount_amount) as discounts
    from {{ ref('fact_order_items') }}
    where is_valid and item_kind = 'goods' and product_key in (select product_key from changes)
    group by all
),

compared as (
    select
        changes.product_key,
        changes.valid_from,
        cast(sum(case when sold.ordered_date < changes.changed_date then sold.units else 0 end) as decimal(18, 4)) as before_units,
        cast(sum(case when sold.ordered_date < changes.changed_date then sold.gross else 0 end) as decimal(18, 4)) as before_gross,
        cast(sum(case when sold.ordered_date < changes.changed_date then sold.discounts else 0 end) as decimal(18, 4)) as before_discounts,
        cast(sum(case when sold.ordered_date > changes.changed_date then sold.units else 0 end) as decimal(18, 4)) as after_units,
        cast(sum(case when sold.ordered_date > changes.changed_date then sold.gross else 0 end) as decimal(18, 4)) as after_gross,
        cast(sum(case when sold.ordered_date > changes.changed_date then sold.discounts else 0 end) as decimal(18, 4)) as after_discounts
    from changes
    left join sold
        on
            changes.product_key = sold.product_key
            and sold.ordered_date between changes.changed_date - 28 and changes.changed_date + 28
    group by changes.product_key, changes.valid_from
),

judged as (
    select
        changes.*,
        compared.* exclude (product_key, valid_from),
        case
            when not changes.is_mature then 'window_open'
            when changes.is_other_currency then 'other_currency'
            when least(changes.old_price, changes.new_price) <= 0 then 'no_price'
            when changes.is_just_launched then 'just_launched'
            when changes.is_one_of_several then 'another_change'
            when changes.is_beside_other_status then 'other_status'
            when {{ is_other_discount_rate() }} then 'promotion'
            when least(compared.before_units, compared.after_units) < 10 then 'few_units'
        end as confounded_reason
    from changes
    inner join compared on changes.product_key = compared.product_key and changes.valid_from = compared.valid_from
)

select
    product_key,
    valid_from,
    product_id,
    product_name,
    changed_date,
    currency,
    old_price,
    new_price,
    is_mature,
    confounded_reason is not null as is_confounded,
    confounded_reason,
    before_units,
    cast(before_gross - before_discounts as decimal(18, 4)) as before_amount,
    case when is_mature then after_units end as after_units,
    case when is_mature then cast(after_gross - after_discounts as decimal(18, 4)) end as after_amount,
    case when confounded_reason is null then ln(after_units / before_units) / ln(new_price / old_price) end as elasticity
from judged
