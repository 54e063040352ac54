{#
    Incremental strategy `replace_renewed`: for what is kept by day or by month. Of `as_of_date` all from the first day on that the build renews goes;
    of `customer_key` the rows of all customers whose months it renews. What the model computes for them comes, in one transaction.
#}
{% macro get_incremental_replace_renewed_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- if arguments['unique_key'] == 'as_of_date' -%}
        {%- set renewed = 'as_of_date >= ' ~ renewed_from() -%}
    {%- else -%}
        {%- set renewed = 'customer_key in (select customer_key from ' ~ ref('int_customers__renewed') ~ ')' -%}
    {%- endif -%}
    {{ replaced(arguments['target_relation'], renewed, arguments['temp_relation'], columns) }}
{%- endmacro %}


{# From which day on customers are reckoned anew. The last day of trade is always reckoned: it may have gone back, too, if its orders were none. #}
{% macro renewed_from() -%}
    (
        select least(renewed.first_day, bounds.last_day)
        from {{ ref('int_reckonings__renewed') }} as renewed
        cross join {{ ref('int_ledger__last_day') }} as bounds
    )
{%- endmacro %}
