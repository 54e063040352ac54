{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_key') }}

{{ recorded('orders', 'order_key', {
    'source_name': 'source_name',
    'customer_key': 'customer_key',
    'is_guest': 'customer_id is null',
    'order_kind': 'order_kind',
    'state': "case when status in ('draft', 'failed', 'cancelled') then status else 'valid' end",
    'is_test': '(is_test or ' ~ is_test_order() ~ ')',
    'channel': "coalesce(channel, 'unknown')",
    'country': 'country',
    'has_coupon': 'coupon_code is not null',
    'currency': 'currency',
    'shipping_amount': 'shipping_amount',
    'shipping_tax_amount': 'shipping_tax_amount',
    'discount_amount': 'discount_amount',
    'ordered_at': 'ordered_at',
    'cancelled_at': "case when status = 'cancelled' then coalesce(cancelled_at, updated_at, ordered_at) end",
}) }}
