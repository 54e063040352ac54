{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['reseller_key', 'observed_at'], on_schema_change='fail') }}

{{ observations('resellers', 'reseller_key') }}
