-- What sells is a product or, of a product with variants, a variation, whose title WooCommerce makes of its product's and its own.
-- Prices are in the shop's own currency, with or without tax as the shop likes: lines carry what was paid before tax.
with posts as (
    select
        *,
        max(post_type) over (partition by _source, ID) as kind
    from {{ source('woocommerce', 'posts') }}
)

select
    {{ landing_columns("coalesce(cast(nullif(post_modified_gmt, '0000-00-00 00:00:00') as timestamp), _ingested_at)") }},

    -- ids
    cast(ID as varchar) as product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    post_title as name,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    case when post_status = 'publish' then 'active' else 'discontinued' end as status,

    -- prices
    cast(null as decimal(18, 4)) as list_price,
    cast(null as decimal(18, 4)) as cost_price,
    cast(null as varchar) as currency,

    -- times
    cast(nullif(post_date_gmt, '0000-00-00 00:00:00') as timestamp) as created_at,
    cast(nullif(post_modified_gmt, '0000-00-00 00:00:00') as timestamp) as updated_at
from posts
where kind in ('product', 'product_variation') and coalesce(post_status, '') <> 'auto-draft'
