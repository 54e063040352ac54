"""Fewer files in the lake, and fewer runs in Dagster's own storage: by themselves both only grow."""

from datetime import datetime

from dagster import DagsterInstance, DagsterRunStatus, JobDefinition, OpExecutionContext, RunsFilter, job, op

from fondaco.errors import UsageError
from fondaco.job import now
from fondaco.job.upkeep import compact as put_together
from fondaco.orchestration.calls import calling
from fondaco.orchestration.keys import POOL
from fondaco.settings import Settings
from fondaco.settings.values import format_duration

#: Of one night; more wait for the next one.
_MOST = 2000


def old_runs(instance: DagsterInstance, before: datetime) -> tuple[str, ...]:
    """Runs that ended before a time, the oldest first. The one that made an asset last stays: its page leads there."""
    over = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    ended = instance.get_run_records(RunsFilter(statuses=over, updated_before=before), limit=_MOST, ascending=True)
    last = {record.asset_entry.last_run_id for record in instance.get_asset_records()}
    return tuple(record.dagster_run.run_id for record in ended if record.dagster_run.run_id not in last)


def compaction(settings: Settings) -> JobDefinition:
    """The job that does what `fondaco lake compact` does."""

    @op(pool=POOL, description="Puts old small files of the lake together to few large ones; no row changes.")
    def compact(context: OpExecutionContext) -> None:
        with calling(context, settings.schedule):
            try:
                done = put_together(settings, (), None, dry_run=False)
            except UsageError as error:  # a lake in which nothing has landed
                context.log.info(str(error))
                return
        files, rows = sum(one.files for one in done.done), sum(one.rows for one in done.done)
        context.log.info(f"{files:,} files put together to {len(done.done):,}; {rows:,} rows")

    @op(description="Forgets runs that ended longer ago than `schedule.keep_runs`; what they made stays, and so does our own run log.")
    def forget_old_runs(context: OpExecutionContext) -> None:
        old = old_runs(context.instance, now() - settings.schedule.keep_runs)
        for run in old:
            context.instance.delete_run(run)
        context.log.info(f"{len(old):,} runs of more than {format_duration(settings.schedule.keep_runs)} ago forgotten")

    @job(
        name="compact_lake", description="Fewer, larger files in the lake; no row changes (`fondaco lake compact`). Old runs are forgotten."
    )
    def compact_lake() -> None:
        compact()
        forget_old_runs()

    return compact_lake
