{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['product_key', 'observed_at'], on_schema_change='fail') }}

{{ observations('products', 'product_key') }}
