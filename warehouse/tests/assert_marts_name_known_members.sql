-- Whatever a mart names is in its dimension: nobody joins a mart to a dimension and loses a row.
with named as (
    {%- for mart, keys in {
        'orders': ['customer_key', 'coupon_code', 'country'],
        'customers': ['customer_key', 'country'],
        'customer_segments_history': ['customer_key', 'country'],
        'cohort_retention': ['country'],
        'daily_sales': ['country'],
        'order_funnel': ['country'],
        'refunds': ['product_key'],
        'product_performance': ['product_key'],
        'product_affinity': ['product_key'],
        'price_changes': ['product_key'],
        'reseller_performance': ['reseller_key', 'country'],
        'coupon_performance': ['coupon_code'],
        'delivery_performance': ['country'],
        'payment_performance': ['country'],
    }.items() %}
    {%- set outer_loop = loop %}
    {%- for key in keys %}
    select distinct
        '{{ mart }}' as mart,
        '{{ key }}' as named_by,
        {{ key }} as member
    from {{ ref(mart) }}
    {{ '' if outer_loop.last and loop.last else 'union all' }}
    {%- endfor %}
    {%- endfor %}
),

known as (
    {%- for key, dimension in {
        'customer_key': 'dim_customers', 'product_key': 'dim_products', 'reseller_key': 'dim_resellers', 'coupon_code': 'dim_coupon', 'country': 'dim_geo',
    }.items() %}
    select distinct
        '{{ key }}' as named_by,
        {{ key }} as member
    from {{ ref(dimension) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select named.*
from named
left join known on named.named_by = known.named_by and named.member = known.member
where named.member is not null and named.member not in ('unknown', '') and known.member is null
