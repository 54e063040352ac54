-- What sells is a variant; its name and whether it is on sale are its product's too, so a change of either is a change of the product.
-- Prices are per currency, region and list in Medusa and none of them is the one; lines carry the price that was paid.
with variants as (
    select
        * exclude (product_id),
        id as variant_id,
        max(product_id) over (partition by _source, id) as product_id,
        coalesce(updated_at, _ingested_at) as _at
    from {{ source('medusa', 'product_variant') }}
    qualify row_number() over (partition by _source, id, _at order by _batch_id desc, _position desc) = 1
),

products as (
    select
        *,
        coalesce(updated_at, _ingested_at) as _at
    from {{ source('medusa', 'product') }}
),

families as (
    select
        products.* exclude (_at),
        products._at,
        members.variant_id
    from products
    inner join (select distinct
        _source,
        product_id,
        variant_id
    from variants) as members
        on products._source = members._source and products.id = members.product_id
    qualify row_number() over (
        partition by products._source, members.variant_id, products._at order by products._batch_id desc, products._position desc
    ) = 1
),

moments as (
    select
        _source,
        variant_id,
        _at
    from variants
    union
    select
        _source,
        variant_id,
        _at
    from families
)

select
    {{ as_of_landing_columns(
        'moments',
        ['variants', 'families'],
        "variants._op = 'delete' or variants.deleted_at is not null or coalesce(families._op = 'delete' or families.deleted_at is not null, false)"
    ) }},

    -- ids
    moments.variant_id as product_id,
    cast(null as varchar) as reseller_id,

    -- what it is
    concat_ws(' / ', families.title, nullif(nullif(variants.title, 'Default'), 'Default variant')) as name,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    case when families.status = 'published' then 'active' else 'discontinued' end as status,

    -- prices
    cast(null as decimal(18, 4)) as list_price,
    cast(null as decimal(18, 4)) as cost_price,
    cast(null as varchar) as currency,

    -- times
    variants.created_at,
    variants.updated_at
from moments
{{ as_of_state('variants', 'variant_id', 'moments', kind='inner') }}
{{ as_of_state('families', 'variant_id', 'moments') }}
