{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_key') }}

{{ current_rows('orders', 'order_key') }}
