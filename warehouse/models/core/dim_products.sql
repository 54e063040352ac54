{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='product_key') }}

{{ dimension('products', 'product', kind='catalogued') }}
