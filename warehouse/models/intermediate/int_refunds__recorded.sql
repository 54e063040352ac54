{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='refund_key') }}

{{ recorded('refunds', 'refund_key', {
    'order_key': 'order_key',
    'order_item_key': 'order_item_key',
    'currency': 'currency',
    'goods_amount': 'goods_amount',
    'shipping_amount': 'shipping_amount',
    'tax_amount': 'tax_amount',
    'refunded_at': 'refunded_at',
}) }}
