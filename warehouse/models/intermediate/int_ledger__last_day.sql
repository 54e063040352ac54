-- the last day of trade, to which all that ages is counted: nothing here asks the clock; the day itself may still be running
select max(event_date) as last_day
from {{ ref('fact_sales_ledger') }}
