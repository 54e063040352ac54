{%- set history = 'partition by product_key order by version_number' %}
{%- set earlier = 'partition by product_key order by version_number rows between unbounded preceding and 1 preceding' %}
{%- set later = 'partition by product_key order by version_number rows between 1 following and unbounded following' %}
{%- set until_now = 'partition by product_key order by version_number rows between unbounded preceding and current row' %}
-- Each version of a product that came with another list price, and what else happened to the product around it.
with versions as (
    select
        *,
        {{ local_date('valid_from') }} as changed_date,
        {{ local_date('coalesce(created_at, min(valid_from) over (partition by product_key))') }} as launched_date,
        lag(list_price) over ({{ history }}) as old_price,
        lag(currency) over ({{ history }}) as old_currency,
        lag(status) over ({{ history }}) as old_status
    from {{ ref('dim_products') }}
    where product_key is not null and not is_deleted and list_price is not null
),

dated as (
    select
        *,
        case when old_price <> list_price or old_currency <> currency then changed_date end as price_date,
        case when version_number > 1 and coalesce(old_status, '') <> coalesce(status, '') then changed_date end as status_date
    from versions
)

select
    product_key,
    product_id,
    name as product_name,
    valid_from,
    changed_date,
    old_price,
    list_price as new_price,
    currency,
    old_currency <> currency as is_other_currency,
    launched_date > changed_date - 28 as is_just_launched,
    coalesce(max(price_date) over ({{ earlier }}) >= changed_date - 28, false)
    or coalesce(min(price_date) over ({{ later }}) <= changed_date + 28, false) as is_one_of_several,
    coalesce(max(status_date) over ({{ until_now }}) >= changed_date - 28, false)
    or coalesce(min(status_date) over ({{ later }}) <= changed_date + 28, false) as is_beside_other_status
from dated
qualify price_date is not null
