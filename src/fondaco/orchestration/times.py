"""When things run: schedules in the shop's time zone, and a sensor that looks at folders of file drops."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import (
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    JobDefinition,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    schedule,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from fondaco.errors import FondacoError
from fondaco.job.look import existing_lake
from fondaco.job.shops import owned
from fondaco.job.waiting import dropped
from fondaco.orchestration.keys import of_landing
from fondaco.settings import FilesSource, Settings
from fondaco.warehouse import needs_build

Job = JobDefinition | UnresolvedAssetJobDefinition
Ask = Callable[[ScheduleEvaluationContext, datetime], RunRequest | SkipReason]
#: A run that is not over: another of the same kind would only wait behind it.
_NOT_OVER = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def scheduled(settings: Settings, name: str, cron: str | None, job: Job, ask: Ask, says: str) -> Iterator[ScheduleDefinition]:
    """A schedule, unless it is switched off.

    Args:
        ask: what to do at a tick, whose time in the shop's zone it is given.
    """
    if cron is None:
        return
    zone = ZoneInfo(settings.business.timezone)

    @schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=settings.business.timezone,
        default_status=DefaultScheduleStatus.RUNNING,
        description=says,
    )
    def tick(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        waiting = context.instance.get_runs(RunsFilter(job_name=job.name, statuses=_NOT_OVER), limit=1)
        if waiting:
            return SkipReason(
                f"run {waiting[0].run_id[:8]} of {job.name} is not over ({waiting[0].status.value.lower()}): it brings what this one would"
            )
        return ask(context, context.scheduled_execution_time.astimezone(zone))

    yield tick


def landing_of_today(_context: ScheduleEvaluationContext, at: datetime) -> RunRequest:
    """The landing of the tick's day."""
    return RunRequest(partition_key=f"{at:%Y-%m-%d}")


def always(_context: ScheduleEvaluationContext, _at: datetime) -> RunRequest:
    """A run at every tick."""
    return RunRequest()


def build_if_needed(settings: Settings) -> Ask:
    """A build if something landed or changed since the last one."""

    def ask(_context: ScheduleEvaluationContext, _at: datetime) -> RunRequest | SkipReason:
        try:
            lake = existing_lake(settings)
            reason = needs_build(settings, lake) if lake is not None and lake.head() else None
        except FondacoError as error:
            if error.may_pass:
                # who cannot look now asks at the next tick; what is wrong for longer is said by the run itself
                return SkipReason(f"whether there is something to build cannot be told now: {error.message}")
            raise
        return SkipReason("nothing new since the last build") if reason is None else RunRequest(tags={"fondaco/why": reason})

    return ask


def drops(settings: Settings, job: Job) -> Iterator[SensorDefinition]:
    """A sensor for each source of file drops: a file that came or changed is landed without waiting for the schedule."""
    zone = ZoneInfo(settings.business.timezone)
    for name, source in settings.sources.items():
        if isinstance(source, FilesSource):
            keys = [of_landing(name, entry.table.name) for entry in owned(settings) if entry.source == name]
            yield _sensor(settings, name, source, job, keys, zone)


def _sensor(settings: Settings, name: str, source: FilesSource, job: Job, keys: Sequence[object], zone: ZoneInfo) -> SensorDefinition:
    @sensor(
        name=f"drops_of_{name}",
        job=job,
        minimum_interval_seconds=max(5, int(settings.schedule.drops.total_seconds())),
        default_status=DefaultSensorStatus.RUNNING,
        description=f"Looks at {source.path} for files that came or changed, and lands them.",
    )
    def look(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        seen = sorted(dropped(settings, name))
        mark = hashlib.sha256("\n".join(seen).encode()).hexdigest()
        if not seen or mark == context.cursor:
            return SkipReason(f"{len(seen)} files, none of them new" if seen else "no file is there")
        context.update_cursor(mark)
        return RunRequest(run_key=mark, partition_key=f"{datetime.now(zone):%Y-%m-%d}", asset_selection=list(keys))  # type: ignore[arg-type]

    return look
