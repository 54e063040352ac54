{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='refund_key', on_schema_change='fail') }}

{{ current_rows('refunds', 'refund_key') }}
