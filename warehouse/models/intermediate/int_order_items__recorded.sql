{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_item_key') }}

{{ recorded('order_items', 'order_item_key', {
    'order_key': 'order_key',
    'line_number': 'line_number',
    'item_kind': 'item_kind',
    'quantity': 'quantity',
    'unit_price': 'unit_price',
    'discount_amount': 'discount_amount',
    'tax_amount': 'tax_amount',
}) }}
