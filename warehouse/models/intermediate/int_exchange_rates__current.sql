{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['source_name', 'currency', 'rate_date']) }}

{{ current_rows('exchange_rates', 'source_name, currency, rate_date') }}
