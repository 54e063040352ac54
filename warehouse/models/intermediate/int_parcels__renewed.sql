{{ config(materialized='table') }}

-- depends_on: {{ ref('int_ledger__last_day') }}

-- The orders whose parcels a build judges anew: the touched ones, and those of a parcel whose promise is due by now, or no more.
{%- set made = adapter.get_relation(target.database, 'marts', 'parcels') %}
select order_key from {{ ref('int_orders__touched') }}
{%- if made and not flags.FULL_REFRESH %}
union
select order_key from {{ made }}
where is_due is distinct from {{ is_due('promised_date', "(select last_day from " ~ ref('int_ledger__last_day') ~ ")") }}
{%- endif %}
