{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='payment_key') }}

{{ current_rows('payments', 'payment_key') }}
