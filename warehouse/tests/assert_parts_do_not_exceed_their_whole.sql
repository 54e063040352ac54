-- Numerators that are parts of their denominators, in every mart that stores both.
with parts as (
    {%- for mart, pairs in {
        'order_funnel': [['paid', 'placed'], ['shipped', 'paid'], ['delivered', 'shipped'], ['returned', 'delivered']],
        'daily_sales': [['orders', 'orders_booked'], ['new_customers', 'orders'], ['guest_orders', 'orders'], ['orders_with_coupon', 'orders']],
        'delivery_performance': [['due', 'parcels - parcels_without_promise'], ['on_time + late', 'due'], ['due', 'on_time + late'], ['lost', 'parcels']],
        'payment_performance': [['orders_recovered', 'orders_with_failure'], ['orders_never_paid', 'orders_with_failure'],
            ['attempts', 'captured + failed + pending + voided + chargeback'], ['orders_with_failure', 'orders_with_attempt']],
        'reseller_performance': [['late', 'due'], ['lines_cancelled', 'lines_booked']],
        'coupon_performance': [['orders', 'orders_of_month'], ['new_customers + orders_of_returning', 'orders']],
        'cohort_retention': [['active_customers', 'cohort_size']],
        'product_affinity': [['pair_orders', 'product_orders'], ['product_orders', 'orders_in_window']],
    }.items() %}
    {%- set outer_loop = loop %}
    {%- for part, whole in pairs %}
    select
        '{{ mart }}' as mart,
        '{{ part }}' as part,
        '{{ whole }}' as whole,
        count(*) as rows_at_fault
    from {{ ref(mart) }}
    where {{ part }} > {{ whole }}
    {{ '' if outer_loop.last and loop.last else 'union all' }}
    {%- endfor %}
    {%- endfor %}
)

select * from parts
where rows_at_fault > 0
