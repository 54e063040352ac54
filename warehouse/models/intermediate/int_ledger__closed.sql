-- A day of trade is closed with the first later day on which the lake learnt anything, its month with the first one after its end.
with days as (
    select distinct known_date from {{ ref('int_ledger__learnt') }}
)

select
    learnt.business_date,
    min(days.known_date) as closed_on,
    min(case when days.known_date > last_day(learnt.business_date) then days.known_date end) as month_closed_on
from (select distinct business_date from {{ ref('int_ledger__learnt') }}) as learnt
inner join days on learnt.business_date < days.known_date
group by learnt.business_date
