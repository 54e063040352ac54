"""Fewer files: old small ones of the lake are put together."""

from dagster import JobDefinition, OpExecutionContext, job, op

from fondaco.errors import UsageError
from fondaco.job.upkeep import compact as put_together
from fondaco.orchestration.calls import calling
from fondaco.orchestration.keys import POOL
from fondaco.settings import Settings


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

    @job(name="compact_lake", description="Fewer, larger files in the lake; no row changes (`fondaco lake compact`).")
    def compact_lake() -> None:
        compact()

    return compact_lake
