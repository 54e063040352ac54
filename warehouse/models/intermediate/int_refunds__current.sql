{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='refund_key') }}

{{ current_rows('refunds', 'refund_key') }}
