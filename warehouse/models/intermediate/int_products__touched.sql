{{ config(materialized='table') }}

{{ touched_members('products', 'product_key') }}
