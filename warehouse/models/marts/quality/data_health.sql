-- From the lake's log, but for the checks: those are on record in the warehouse alone.
with batches as (
    select
        *,
        {{ local_date('landed_at') }} as run_date
    from ({{ batches_on_record() }})
),

by_reason as (
    select
        batches.source_name,
        batches.table_name,
        batches.run_date,
        rejections.reason,
        sum(rejections.row_count) as rejected
    from ({{ rejections_on_record() }}) as rejections
    inner join batches on rejections.commit_number = batches.commit_number
    group by all
),

rejected as (
    select
        source_name,
        table_name,
        run_date,
        {{ joined_texts("reason || ': ' || rejected", '; ', 'rejected desc, reason asc') }} as reasons
    from by_reason
    group by source_name, table_name, run_date
),

checked as (
    select
        {{ local_date('built_at') }} as run_date,
        sum(failed) as failed
    from ({{ checks_on_record() }})
    group by all
),

landed as (
    select
        source_name,
        table_name,
        run_date,
        count(*) as batches,
        max(landed_at) as landed_at,
        max(max(data_until)) over (partition by source_name, table_name order by run_date) as data_until,
        sum(rows_read) as rows_read,
        sum(rows_landed) as rows_landed,
        sum(rows_known) as rows_known,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_replaced) as rows_replaced,
        sum(rows_in_bronze) as rows_in_warehouse
    from batches
    group by source_name, table_name, run_date
)

select
    landed.source_name,
    landed.table_name as entity,
    landed.run_date,
    landed.batches,
    landed.landed_at,
    landed.data_until,
    datediff('second', landed.data_until, landed.landed_at) as seconds_behind,
    cast(landed.rows_read as bigint) as rows_read,
    cast(landed.rows_landed as bigint) as rows_landed,
    cast(landed.rows_known as bigint) as rows_known,
    cast(landed.rows_quarantined as bigint) as rows_quarantined,
    coalesce(rejected.reasons, '') as rejected_reasons,
    cast(landed.rows_replaced as bigint) as rows_replaced,
    cast(landed.rows_in_warehouse as bigint) as rows_in_warehouse,
    cast(
        landed.rows_read - landed.rows_known - landed.rows_quarantined - landed.rows_replaced - landed.rows_in_warehouse as bigint
    ) as difference,
    cast(coalesce(checked.failed, 0) as bigint) as checks_failed
from landed
left join rejected using (source_name, table_name, run_date)
left join checked using (run_date)
