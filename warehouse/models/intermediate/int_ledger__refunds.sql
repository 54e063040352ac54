-- what a refund of an order of this build takes back, on the day of the refund
with refunds as (
    select * from {{ ref('fact_refunds') }}
    where {{ of_this_build() }}
)

{{ refund_entries('refunds') }}
