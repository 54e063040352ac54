{{ config(severity='warn') }}

-- What the shop says that cannot be right: all of it is in the facts with its amounts, and in gold.data_issues row by row.
select
    reason,
    count(*) as issues,
    sum(amount) as amount,
    min(event_key) as example
from {{ ref('data_issues') }}
group by reason
