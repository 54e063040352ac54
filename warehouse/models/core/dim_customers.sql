{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='customer_key') }}

{{ dimension('customers', 'customer', inferred_attributes={'country': 'first_seen.country', 'is_test': 'false'}) }}
