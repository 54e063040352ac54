{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_item_key', on_schema_change='fail') }}

{{ current_rows('order_items', 'order_item_key') }}
