{{ config(materialized='table') }}

{{ touched_members('customers', 'customer_key') }}
