{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_item_key') }}

{{ current_rows('order_items', 'order_item_key') }}
