{{ config(materialized='table') }}

{{ concerned_members('products', 'product_key', named_in=['int_order_items__current'], facts=['fact_order_items']) }}
