{{ config(materialized='table') }}

{{ touched_members('resellers', 'reseller_key') }}
