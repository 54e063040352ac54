{{ config(materialized='table') }}

-- depends_on: {{ ref('int_ledger__closed') }}

-- The days of trade whose restatements a build makes anew: those of touched orders, as they were known before and as they are now, and those
-- that are closed on another day than the mart says.
{%- set made = adapter.get_relation(target.database, 'marts', 'sales_restatements') %}
select business_date from {{ ref('int_ledger__touched') }}
union
select business_date from {{ ref('int_ledger__learnt') }}
where {{ of_this_build() }}
{%- if made and not flags.FULL_REFRESH %}
union
select made.business_date
from {{ made }} as made
left join {{ ref('int_ledger__closed') }} as closed on made.business_date = closed.business_date
where
    made.is_restatement <> {{ is_known_after('made.known_date', 'closed.closed_on') }}
    or made.is_month_restated <> {{ is_known_after('made.known_date', 'closed.month_closed_on') }}
{%- endif %}
