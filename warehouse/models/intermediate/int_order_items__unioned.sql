{{ union_systems('order_items') }}
