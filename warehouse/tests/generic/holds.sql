{#
    What a mart (or a fact) must hold to before anybody sees it, in one question; each row is a fault, with its difference.

    adds_up   its money is the ledger's: `amount` (of its rows `where`) against `booked` of the ledger's entries, of those that meet `of`, or
              whose `key` is `among` the rows of another model. Defaults: net_revenue of all rows against net_revenue of all entries.
    members   columns whose values must be in their dimension: nobody joins a mart to one and loses a row.
    parts     pairs: a numerator that is a part of its denominator, in every row.
#}
{% test holds(model, adds_up=none, members=[], parts=[]) %}
{%- set dimensions = {
    'customer_key': 'dim_customers', 'product_key': 'dim_products', 'reseller_key': 'dim_resellers', 'coupon_code': 'dim_coupon', 'country': 'dim_geo',
} -%}
with checked as (
    {%- if adds_up %}
    {%- set among = adds_up.get('among') %}
    select
        'adds_up' as check_name,
        '{{ adds_up.get('amount', 'net_revenue') }}' as subject,
        cast((
            select coalesce(sum({{ adds_up.get('amount', 'net_revenue') }}), 0) from {{ model }}
            where {{ adds_up.get('where', 'true') }}
        ) as decimal(38, 4)) as found,
        cast((
            select coalesce(sum(entries.{{ adds_up.get('booked', 'net_revenue') }}), 0)
            from {{ ref('fact_sales_ledger') }} as entries
            where
                {{ adds_up.get('of', 'true') }}
                {%- if among %}
                and entries.{{ among['key'] }} in (
                    select {{ among['key'] }} from {{ ref(among['model']) }}
                    where {{ among.get('where', 'true') }}
                )
                {%- endif %}
        ) as decimal(38, 4)) as expected
    {{ 'union all' if members or parts }}
    {%- endif %}
    {%- for member in members %}
    select
        'members' as check_name,
        '{{ member }} is not in {{ dimensions[member] }}' as subject,
        count(*) as found,
        0 as expected
    from {{ model }}
    where
        {{ member }} not in ('unknown', '')
        and {{ member }} not in (select {{ member }} from {{ ref(dimensions[member]) }} where {{ member }} is not null)
    {{ 'union all' if parts or not loop.last }}
    {%- endfor %}
    {%- for part, whole in parts %}
    select
        'parts' as check_name,
        '{{ part }} is more than {{ whole }}' as subject,
        count(*) as found,
        0 as expected
    from {{ model }}
    where {{ part }} > {{ whole }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    *,
    found - expected as difference
from checked
where found <> expected
{% endtest %}
