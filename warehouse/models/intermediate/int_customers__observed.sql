{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['customer_key', 'observed_at']) }}

{{ observations('customers', 'customer_key') }}
