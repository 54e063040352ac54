{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['product_key', 'observed_at']) }}

{{ observations('products', 'product_key') }}
