{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='shipment_key') }}

{{ current_rows('shipments', 'shipment_key') }}
