{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['customer_key', 'observed_at'], on_schema_change='fail') }}

{{ observations('customers', 'customer_key') }}
