{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['source_name', 'currency', 'rate_date']) }}

{{ recorded('exchange_rates', 'source_name, currency, rate_date', {
    'base_currency': 'base_currency',
    'rate': 'rate',
}) }}
