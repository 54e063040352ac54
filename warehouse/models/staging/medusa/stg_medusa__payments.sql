-- An authorised payment; once captured, its amount is what was captured. Attempts that failed leave no row in Medusa.
with payments as (
    {{ latest('medusa', 'payment', 'id', 'updated_at', 'deleted_at') }}
),

links as (
    {{ latest('medusa', 'order_payment_collection', 'order_id, payment_collection_id', 'updated_at', 'deleted_at') }}
),

captures as (
    select
        _source,
        payment_id,
        sum(case when _is_gone then 0 else amount end) as amount,
        {{ grouped_landing_columns() }}
    from ({{ latest('medusa', 'capture', 'id', 'updated_at', 'deleted_at') }})
    group by _source, payment_id
)

select
    {{ joined_landing_columns(['payments', 'links', 'captures'], 'payments._is_gone or links._is_gone') }},

    -- ids
    payments.id as payment_id,
    links.order_id,

    -- what it is
    cast(null as bigint) as attempt_number,
    payments.provider_id as provider,
    cast(null as varchar) as method,
    case
        when captures.amount > 0 then 'captured'
        when payments.canceled_at is not null then 'voided'
        else 'pending'
    end as status,

    -- amounts
    upper(payments.currency_code) as currency,
    {{ amount('case when captures.amount > 0 then captures.amount else payments.amount end') }} as amount,

    -- times
    payments.created_at as attempted_at,
    payments.updated_at
from payments
inner join links on payments._source = links._source and payments.payment_collection_id = links.payment_collection_id
left join captures on payments._source = captures._source and payments.id = captures.payment_id
