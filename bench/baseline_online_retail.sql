-- What an experienced person would write by hand for this one shop: five of the gold tables, to the last digit, from the same files.
-- No lake, no history, no tests, no second system, and every run starts from nothing. Variables: `drops` (a glob), `seeds` (a folder).
-- One system, one currency, no tax, no discounts on orders, no resellers, no returns that name their order: all of that is left out.
create schema silver;
create schema gold;

-- one row per line, as recorded
create temp table lines as
select
    row_number() over () as position,
    InvoiceNo as order_id,
    upper(trim(StockCode)) as product_id,
    nullif(trim(Description), '') as description,
    cast(Quantity as decimal(18, 4)) as quantity,
    InvoiceDate as invoiced_at,
    UnitPrice as unit_price,
    cast(cast(CustomerID as bigint) as varchar) as customer_id,
    Country as country_name
from read_csv(
    getvariable('drops'),
    header = true,
    delim = ',',
    quote = '"',
    escape = '"',
    columns = {
        'InvoiceNo': 'VARCHAR', 'StockCode': 'VARCHAR', 'Description': 'VARCHAR', 'Quantity': 'BIGINT',
        'InvoiceDate': 'TIMESTAMP', 'UnitPrice': 'DECIMAL(18,4)', 'CustomerID': 'DOUBLE', 'Country': 'VARCHAR'
    }
);

create temp table codes as from read_csv(getvariable('seeds') || '/online_retail_codes.csv', header = true);
create temp table country_names as from read_csv(getvariable('seeds') || '/country_names.csv', header = true, all_varchar = true);
create temp table rfm_grid as from read_csv(getvariable('seeds') || '/rfm_grid.csv', header = true);

-- one row per invoice
create temp table invoices as
with summed as (
    select
        order_id,
        cast(max(cast(customer_id as bigint)) as varchar) as customer_id,
        max(country_name) as country_name,
        min(invoiced_at) as invoiced_at,
        case
            when order_id like 'C%' then 'credit_note'
            when order_id like 'A%' or (bool_and(unit_price = 0) and max(customer_id) is null) then 'adjustment'
            else 'sale'
        end as order_kind
    from lines
    group by order_id
)

select
    'online_retail:' || order_id as order_key,
    order_id,
    order_kind,
    order_kind = 'sale' as is_valid,
    order_kind <> 'adjustment' as is_revenue,
    customer_id,
    'online_retail:' || customer_id as customer_key,
    coalesce(country_names.country, 'ZZ') as country,
    timezone('UTC', timezone('Europe/London', invoiced_at)) as ordered_at,
    cast(invoiced_at as date) as ordered_date
from summed
left join country_names on upper(trim(summed.country_name)) = country_names.name;

-- one row per line with what it books; a credit note takes back goods and postage, an adjustment is neither sale nor return
create table silver.fact_order_items as
with priced as (
    select
        position,
        order_id,
        case when product_id is not null then 'online_retail:' || product_id end as product_key,
        coalesce(codes.item_kind, 'goods') as item_kind,
        quantity,
        cast(round(quantity * unit_price, 4) as decimal(18, 4)) as amount
    from lines
    left join codes on lines.product_id = codes.code
)

select
    priced.position,
    orders.order_key,
    orders.order_kind,
    orders.customer_key,
    orders.country,
    orders.ordered_date,
    priced.product_key,
    priced.item_kind,
    priced.quantity,
    priced.amount,
    case when orders.is_valid and item_kind = 'goods' then amount else 0 end as gross_sales,
    case when orders.is_revenue and item_kind = 'discount' then -amount else 0 end as discounts,
    case when order_kind = 'credit_note' and item_kind = 'goods' then -amount else 0 end as returns,
    case when orders.is_revenue and item_kind = 'shipping' then amount else 0 end as shipping_revenue,
    case when orders.is_revenue and item_kind = 'gift_card' then amount else 0 end as gift_cards,
    case when order_kind = 'adjustment' or item_kind = 'fee' then amount else 0 end as adjustments
from priced
inner join invoices as orders on priced.order_id = orders.order_id;

-- one row per order
create table silver.fact_orders as
with summed as (
    select
        order_key,
        count(*) as line_count,
        count(distinct case when item_kind = 'goods' then product_key end) as product_count,
        sum(case when item_kind = 'goods' then quantity else 0 end) as units,
        sum(case when order_kind = 'credit_note' and item_kind in ('goods', 'shipping') then -quantity else 0 end) as returned_units,
        sum(gross_sales) as gross_amount,
        sum(discounts) as discount_amount,
        sum(returns) as refunded_amount,
        sum(shipping_revenue + gift_cards + adjustments) as other_amount,
        count(*) filter (where order_kind = 'credit_note' and item_kind in ('goods', 'shipping')) as refund_lines
    from silver.fact_order_items
    group by order_key
),

numbered as (
    select
        order_key,
        row_number() over (partition by customer_key order by ordered_at, order_key) as customer_order_number,
        date_diff('day', lag(ordered_date) over (partition by customer_key order by ordered_at, order_key), ordered_date)
            as days_since_previous_order
    from invoices
    where is_valid and customer_key is not null
)

select
    orders.*,
    numbered.customer_order_number,
    numbered.days_since_previous_order,
    case
        when numbered.customer_order_number is null then 'unknown'
        when numbered.customer_order_number = 1 then 'new'
        else 'returning'
    end as customer_type,
    summed.* exclude (order_key),
    summed.gross_amount - summed.discount_amount - summed.refunded_amount as net_amount,
    case
        when summed.refunded_amount = 0 then 'none'
        when summed.refunded_amount >= summed.gross_amount - summed.discount_amount then 'full'
        else 'partial'
    end as refund_status
from invoices as orders
inner join summed on orders.order_key = summed.order_key
left join numbered on orders.order_key = numbered.order_key;

-- one row per customer, as last seen
create table silver.dim_customers as
select
    'online_retail:' || customer_id as customer_key,
    customer_id,
    coalesce(any_value(country_names.country), 'ZZ') as country
from (
    select
        customer_id,
        max_by(country_name, (invoiced_at, position)) as country_name
    from lines
    where customer_id is not null
    group by customer_id
)
left join country_names on upper(trim(country_name)) = country_names.name
group by customer_id;

-- one row per product, under its last name; free lines carry remarks, not names
create table silver.dim_products as
select
    'online_retail:' || product_id as product_key,
    product_id,
    max_by(description, (invoiced_at, position)) filter (where description is not null and unit_price > 0) as product_name
from lines
group by product_id;

create table gold.orders as
select
    order_key,
    'online_retail' as source_name,
    order_id,
    customer_key,
    'paid' as status,
    'web' as channel,
    country,
    cast(null as varchar) as coupon_code,
    is_valid,
    customer_id is null as is_guest,
    customer_order_number = 1 as is_first_order,
    customer_order_number,
    customer_type,
    days_since_previous_order,
    line_count,
    product_count,
    0 as reseller_count,
    cast(units as decimal(18, 4)) as units,
    cast(returned_units as decimal(18, 4)) as returned_units,
    0 as payment_attempts,
    0 as failed_payment_attempts,
    0 as parcel_count,
    'GBP' as currency,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(discount_amount as decimal(18, 4)) as discount_amount,
    cast(refunded_amount as decimal(18, 4)) as refunded_amount,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(0 as decimal(18, 4)) as shipping_amount,
    cast(0 as decimal(18, 4)) as tax_amount,
    cast(gross_amount - discount_amount + other_amount as decimal(18, 4)) as total_amount,
    cast(0 as decimal(18, 4)) as captured_amount,
    cast(0 as decimal(18, 4)) as paid_back_amount,
    cast(null as decimal(18, 4)) as payment_difference,
    refund_status,
    cast(null as varchar) as payment_method,
    cast(null as varchar) as payment_provider,
    ordered_at,
    ordered_date,
    cast(null as timestamp) as paid_at,
    cast(null as timestamp) as shipped_at,
    cast(null as timestamp) as promised_at,
    cast(null as timestamp) as delivered_at,
    cast(null as boolean) as is_on_time,
    cast(null as timestamp) as cancelled_at,
    cast(null as date) as cancelled_date
from silver.fact_orders
where order_kind = 'sale';

create table gold.daily_sales as
with money as (
    select
        lines.ordered_date as business_date,
        lines.country,
        orders.customer_type,
        sum(lines.gross_sales) as gross_sales,
        sum(lines.discounts) as discounts,
        sum(lines.returns) as returns,
        sum(lines.shipping_revenue) as shipping_revenue,
        sum(lines.gift_cards) as gift_cards,
        sum(lines.adjustments) as adjustments
    from silver.fact_order_items as lines
    inner join silver.fact_orders as orders on lines.order_key = orders.order_key
    group by all
),

counts as (
    select
        ordered_date as business_date,
        country,
        customer_type,
        count(*) as orders,
        sum(units) as units,
        count(*) filter (where customer_order_number = 1) as new_customers,
        count(*) filter (where customer_id is null) as guest_orders
    from silver.fact_orders
    where order_kind = 'sale'
    group by all
),

idle as (
    select cast(unnest(generate_series(
        (select min(business_date) from money), (select max(business_date) from money), interval 1 day
    )) as date) as business_date
    except
    select business_date from money
),

-- a sale has lines, so every count has its money
cells as (
    select
        business_date,
        country,
        'web' as channel,
        customer_type
    from money
    union all
    select
        business_date,
        'ZZ' as country,
        'none' as channel,
        'unknown' as customer_type
    from idle
)

select
    business_date,
    country,
    channel,
    customer_type,
    'GBP' as currency,
    cast(coalesce(gross_sales, 0) as decimal(18, 4)) as gross_sales,
    cast(coalesce(discounts, 0) as decimal(18, 4)) as discounts,
    cast(coalesce(returns, 0) as decimal(18, 4)) as returns,
    cast(0 as decimal(18, 4)) as cancellations,
    cast(coalesce(gross_sales - discounts - returns, 0) as decimal(18, 4)) as net_revenue,
    cast(coalesce(shipping_revenue, 0) as decimal(18, 4)) as shipping_revenue,
    cast(0 as decimal(18, 4)) as taxes,
    cast(coalesce(gift_cards, 0) as decimal(18, 4)) as gift_cards,
    cast(coalesce(adjustments, 0) as decimal(18, 4)) as adjustments,
    cast(coalesce(gross_sales - discounts - returns + shipping_revenue, 0) as decimal(18, 4)) as total_sales,
    cast(coalesce(units, 0) as decimal(18, 4)) as units,
    coalesce(orders, 0) as orders_booked,
    coalesce(orders, 0) as orders,
    coalesce(new_customers, 0) as new_customers,
    0 as orders_with_coupon,
    coalesce(guest_orders, 0) as guest_orders
from cells
left join money using (business_date, country, customer_type)
left join counts using (business_date, country, customer_type);

create table gold.customers as
with as_of_day as (
    select max(ordered_date) as day from silver.fact_orders
),

orders as (
    select * from silver.fact_orders
    where is_revenue and customer_key is not null
),

bought as (
    select
        customer_key,
        min(ordered_date) filter (where is_valid) as first_order_date,
        max(ordered_date) filter (where is_valid) as last_order_date,
        count(*) filter (where is_valid) as orders,
        sum(case when is_valid then units else 0 end) as units,
        sum(gross_amount - discount_amount) as revenue_before_returns,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_revenue,
        min(ordered_date) filter (where customer_order_number = 2) as second_order_date
    from orders
    group by customer_key
),

gaps as (
    select
        customer_key,
        date_diff('day', lag(ordered_date) over (partition by customer_key order by ordered_date), ordered_date) as gap
    from (select distinct customer_key, ordered_date from orders where is_valid)
),

own_gaps as (
    select
        customer_key,
        count(*) as purchase_days,
        median(gap) as median_gap_days
    from gaps
    group by customer_key
),

measured as (
    select
        customer_key,
        cast(min(as_of_day.day - ordered_date) filter (where is_valid) as bigint) as recency_days,
        count(distinct ordered_date) filter (where is_valid) as frequency,
        sum(net_amount) as monetary
    from orders
    cross join as_of_day
    where ordered_date > as_of_day.day - 365
    group by customer_key
    having count(*) filter (where is_valid) > 0
),

scored as (
    select
        *,
        5 - least(4, cast(floor(percent_rank() over (order by recency_days) * 5) as bigint)) as r_score,
        case when frequency <= 3 then frequency when frequency <= 5 then 4 else 5 end as f_score,
        1 + least(4, cast(floor(percent_rank() over (order by monetary) * 5) as bigint)) as m_score
    from measured
),

segmented as (
    select
        bought.customer_key,
        coalesce(rfm_grid.segment, 'Dormant') as segment,
        coalesce(rfm_grid.action, 'One strong offer to come back, then leave in peace.') as action
    from bought
    left join scored on bought.customer_key = scored.customer_key
    left join rfm_grid on scored.r_score = rfm_grid.r_score and scored.f_score = rfm_grid.f_score
    where bought.orders > 0
),

segment_gaps as (
    select
        segment,
        median(gap) as median_gap_days
    from gaps
    inner join segmented on gaps.customer_key = segmented.customer_key
    group by segment
),

expected as (
    select
        own_gaps.customer_key,
        cast(coalesce(
            case when purchase_days >= 3 then own_gaps.median_gap_days end,
            segment_gaps.median_gap_days,
            (select quantile_disc(gap, 0.75) from gaps),
            365
        ) as decimal(9, 1)) as gap_days
    from own_gaps
    inner join segmented on own_gaps.customer_key = segmented.customer_key
    left join segment_gaps on segmented.segment = segment_gaps.segment
)

select
    members.customer_key,
    members.customer_id,
    'online_retail' as source_name,
    'registered' as member_kind,
    cast(null as varchar) as email,
    cast(null as varchar) as first_name,
    cast(null as varchar) as last_name,
    members.country,
    cast(null as varchar) as acquisition_channel,
    cast(null as timestamp) as signed_up_at,
    false as is_deleted,
    bought.first_order_date,
    bought.last_order_date,
    coalesce(bought.orders, 0) as orders,
    cast(coalesce(bought.units, 0) as decimal(18, 4)) as units,
    cast(coalesce(bought.revenue_before_returns, 0) as decimal(18, 4)) as revenue_before_returns,
    cast(coalesce(bought.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
    cast(coalesce(bought.net_revenue, 0) as decimal(18, 4)) as net_revenue,
    cast(coalesce(bought.net_revenue, 0) as decimal(18, 4)) as clv_historic,
    0 as orders_with_coupon,
    0 as orders_with_refund,
    case when bought.orders > 0 then 'web' end as favourite_channel,
    cast(null as varchar) as favourite_category,
    coalesce(own_gaps.purchase_days, 0) as purchase_days,
    cast(own_gaps.median_gap_days as decimal(9, 1)) as median_gap_days,
    bought.second_order_date - bought.first_order_date as days_to_second_order,
    case
        when as_of_day.day > bought.first_order_date + 90
            then bought.second_order_date is not null and bought.second_order_date <= bought.first_order_date + 90
    end as repeated_within_90_days,
    as_of_day.day as as_of_date,
    scored.recency_days,
    scored.frequency,
    cast(scored.monetary as decimal(18, 4)) as monetary,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    coalesce(segmented.segment, 'Prospect') as rfm_segment,
    coalesce(segmented.action, 'Invite to a first order.') as rfm_action,
    as_of_day.day - bought.last_order_date as days_since_last_order,
    expected.gap_days as expected_gap_days,
    case
        when bought.last_order_date is null then 'none'
        when as_of_day.day - bought.last_order_date < expected.gap_days then 'low'
        when as_of_day.day - bought.last_order_date <= 2 * expected.gap_days then 'medium'
        when as_of_day.day - bought.last_order_date <= 3 * expected.gap_days then 'high'
        else 'churned'
    end as churn_risk
from silver.dim_customers as members
cross join as_of_day
left join bought on members.customer_key = bought.customer_key
left join own_gaps on members.customer_key = own_gaps.customer_key
left join scored on members.customer_key = scored.customer_key
left join segmented on members.customer_key = segmented.customer_key
left join expected on members.customer_key = expected.customer_key;

create table gold.cohort_retention as
with members as (
    select
        orders.customer_key,
        cast(date_trunc('month', min(orders.ordered_date)) as date) as cohort_month,
        any_value(customers.country) as country
    from silver.fact_orders as orders
    inner join silver.dim_customers as customers on orders.customer_key = customers.customer_key
    where orders.is_valid
    group by orders.customer_key
),

cohorts as (
    select
        cohort_month,
        country,
        count(*) as cohort_size
    from members
    group by all
),

activity as (
    select
        cohort_month,
        members.country,
        greatest(0, date_diff('month', cohort_month, cast(date_trunc('month', ordered_date) as date))) as month_number,
        count(distinct orders.customer_key) filter (where is_valid) as active_customers,
        count(*) filter (where is_valid) as orders,
        sum(net_amount) as net_revenue
    from silver.fact_orders as orders
    inner join members on orders.customer_key = members.customer_key
    where is_revenue
    group by all
),

months as (
    select
        cohorts.*,
        date_diff('month', cohort_month, cast(month_start as date)) as month_number,
        last_day(month_start) < bounds.last_day as is_mature
    from cohorts
    cross join (select max(ordered_date) as last_day from silver.fact_orders) as bounds
    cross join unnest(generate_series(cohort_month, bounds.last_day, interval 1 month)) as calendar (month_start)
)

select
    cohort_month,
    month_number,
    'unknown' as acquisition_channel,
    country,
    cohort_size,
    is_mature,
    case when is_mature then coalesce(active_customers, 0) end as active_customers,
    coalesce(orders, 0) as orders,
    cast(coalesce(net_revenue, 0) as decimal(18, 4)) as net_revenue,
    case when is_mature then cast(sum(coalesce(net_revenue, 0)) over (
        partition by cohort_month, country order by month_number
    ) as decimal(18, 4)) end as cumulative_net_revenue
from months
left join activity using (cohort_month, country, month_number);

create table gold.product_performance as
with weekly as (
    select
        product_key,
        cast(date_trunc('week', ordered_date) as date) + 6 as week_end,
        cast(sum(quantity) as bigint) as units
    from silver.fact_order_items
    where order_kind = 'sale' and item_kind = 'goods' and product_key is not null
    group by all
),

windowed as (
    select
        weekly.product_key,
        cast(month_start as date) as month_start,
        least(26, (window_end - any_value(first_week_end)) // 7 + 1) as weeks,
        sum(units) as units,
        sum(units * units) as squares
    from weekly
    inner join (select product_key, min(week_end) as first_week_end from weekly group by product_key) as first_weeks
        on weekly.product_key = first_weeks.product_key
    inner join (
        select
            month_start,
            least(last_day(month_start), (select max(ordered_date) from silver.fact_orders)) as window_end
        from unnest(generate_series(
            (select date_trunc('month', min(ordered_date)) from silver.fact_orders),
            (select max(ordered_date) from silver.fact_orders), interval 1 month
        )) as calendar (month_start)
    ) on week_end <= window_end and week_end > window_end - 182
    group by weekly.product_key, month_start, window_end
),

demand as (
    select
        product_key,
        month_start,
        case
            when weeks < 8 or units <= 0 then null
            when 4 * (weeks * squares - units * units) <= units * units then 'X'
            when weeks * squares - units * units <= units * units then 'Y'
            else 'Z'
        end as xyz_class
    from windowed
),

performed as (
    select
        product_key,
        cast(date_trunc('month', ordered_date) as date) as month_start,
        coalesce(sum(quantity) filter (where order_kind = 'sale'), 0) as units,
        coalesce(sum(quantity), 0) as net_units,
        count(distinct order_key) filter (where order_kind = 'sale') as orders,
        count(distinct customer_key) filter (where order_kind = 'sale') as distinct_customers,
        sum(gross_sales) as gross_sales,
        sum(returns) as returns
    from silver.fact_order_items
    where order_kind <> 'adjustment' and item_kind = 'goods' and product_key is not null
    group by all
),

ranked as (
    select
        *,
        gross_sales - returns as net_revenue,
        sum(greatest(net_revenue, 0)) over (
            partition by month_start order by net_revenue desc, product_key asc
            rows between unbounded preceding and current row
        ) - greatest(net_revenue, 0) as revenue_before,
        sum(greatest(net_revenue, 0)) over (partition by month_start) as revenue_total
    from performed
)

select
    ranked.product_key,
    ranked.month_start,
    products.product_id,
    products.product_name,
    cast(null as varchar) as category,
    cast(null as decimal(18, 4)) as list_price,
    'GBP' as list_price_currency,
    cast(units as decimal(18, 4)) as units,
    cast(net_units as decimal(18, 4)) as net_units,
    orders,
    distinct_customers,
    cast(gross_sales as decimal(18, 4)) as gross_sales,
    cast(0 as decimal(18, 4)) as discounts,
    cast(returns as decimal(18, 4)) as returns,
    cast(net_revenue as decimal(18, 4)) as net_revenue,
    case
        when net_revenue <= 0 then 'C'
        when revenue_before < revenue_total * 0.80 then 'A'
        when revenue_before < revenue_total * 0.95 then 'B'
        else 'C'
    end as abc_class,
    demand.xyz_class,
    rank() over (partition by ranked.month_start order by net_revenue desc, ranked.product_key asc) as rank_in_category
from ranked
left join silver.dim_products as products on ranked.product_key = products.product_key
left join demand on ranked.product_key = demand.product_key and ranked.month_start = demand.month_start;
