{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['reseller_key', 'observed_at']) }}

{{ observations('resellers', 'reseller_key') }}
