{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='shipment_key', on_schema_change='fail') }}

{{ current_rows('shipments', 'shipment_key') }}
