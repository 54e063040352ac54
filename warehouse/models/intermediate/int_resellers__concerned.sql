{{ config(materialized='table') }}

{{ concerned_members(
    'resellers', 'reseller_key',
    named_in=['int_orders__current', 'int_order_items__current'], facts=['fact_orders', 'fact_order_items'],
) }}
