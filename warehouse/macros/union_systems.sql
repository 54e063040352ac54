{#
    One relation of an entity over all systems that fondaco.yml names, in the columns of the entity's contract.
    Ids are unique within a source only, so each gets a key that is unique over all: `order_id` 17 of source `shop` is `shop:17`.
#}
{% macro union_systems(entity) -%}
{%- set columns = entity_columns(entity) -%}
{%- set providers = [] -%}
{%- for system, described in var('systems').items() if entity in described['entities'] -%}
    {%- do providers.append(ref('stg_' ~ system ~ '__' ~ entity)) -%}
{%- endfor -%}
with unioned as (
    {%- for provider in providers %}
    select
        {% for name in landing_column_names() %}{{ name }}, {% endfor %}
        {% for name, type in columns.items() %}cast({{ name }} as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ provider }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as source_name,
        cast(null as timestamp) as observed_at,
        cast(null as boolean) as is_deleted,
        cast(null as timestamp) as recorded_at,
        cast(null as varchar) as batch_id,
        cast(null as bigint) as batch_position,
        cast(null as boolean) as is_new,
        cast(null as varchar) as erased_state,
        {% for name, type in columns.items() %}cast(null as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    where false
    {%- endfor %}
)

select
    {%- for id in ['order_item_id', 'order_id', 'customer_id', 'product_id', 'reseller_id', 'payment_id', 'shipment_id', 'refund_id'] if id in columns %}
    {%- if entity == 'orders' and id == 'customer_id' %}
    coalesce(
        unioned.source_name || ':' || unioned.customer_id,
        'guest:' || md5(lower(trim(unioned.customer_email)))
    ) as customer_key,
    {%- else %}
    unioned.source_name || ':' || unioned.{{ id }} as {{ id[:-3] }}_key,
    {%- endif %}
    {%- endfor %}
    {%- if 'country' in columns %}
    coalesce(unioned.country, country_names.country, 'ZZ') as country,
    {%- endif %}
    {%- for name in landing_column_names() if name != 'erased_state' or entity in ['customers', 'products', 'resellers'] %}
    unioned.{{ name }},
    {%- endfor %}
    {%- for name in columns if name != 'country' %}
    unioned.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from unioned
{%- if 'country' in columns %}
left join {{ ref('country_names') }} as country_names on upper(trim(unioned.country_name)) = country_names.name
{%- endif %}
{%- endmacro %}
