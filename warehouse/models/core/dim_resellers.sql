{{ config(materialized='incremental', incremental_strategy='replace_touched', unique_key='reseller_key') }}

{{ dimension('resellers', 'reseller', inferred_attributes={'country': "'ZZ'"}) }}
