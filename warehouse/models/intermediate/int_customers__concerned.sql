{{ config(materialized='table') }}

{{ concerned_members('customers', 'customer_key', named_in=['int_orders__current'], facts=['fact_orders']) }}
