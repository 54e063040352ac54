{{ config(materialized='table') }}

-- depends_on: {{ ref('int_ledger__last_day') }}

-- The orders whose rows in gold a build makes anew: the touched ones, and those that are settled by now, or no more, by the last day of trade.
{%- set made = adapter.get_relation(target.database, 'marts', 'orders') %}
select order_key from {{ ref('int_orders__touched') }}
{%- if made and not flags.FULL_REFRESH %}
union
select order_key from {{ made }}
where is_settled is distinct from {{ is_settled('ordered_date', "(select last_day from " ~ ref('int_ledger__last_day') ~ ")") }}
{%- endif %}
