{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_key', on_schema_change='fail') }}

{{ current_rows('orders', 'order_key') }}
