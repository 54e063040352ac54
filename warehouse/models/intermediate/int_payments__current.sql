{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='payment_key', on_schema_change='fail') }}

{{ current_rows('payments', 'payment_key') }}
