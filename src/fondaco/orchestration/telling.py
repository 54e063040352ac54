"""Who is told: of a run that failed, of one that came right again, and every day of the day."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    JobDefinition,
    OpExecutionContext,
    RunFailureSensorContext,
    RunRecord,
    RunsFilter,
    RunStatusSensorContext,
    SensorDefinition,
    job,
    op,
    run_failure_sensor,
    run_status_sensor,
)

from fondaco.alerts import Message, is_somebody_told, tell
from fondaco.job import now
from fondaco.job.digest import digest
from fondaco.orchestration.calls import calling
from fondaco.settings import Settings

_OVER = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
#: Runs of a job that are looked back upon to say since when it fails.
_BACK = 200
#: A source that is down all night fails every quarter of an hour: these failures in a row are told of, the others are in the pages.
_TOLD = frozenset({1, 2, 4, 8, 16, 32, 64, 128})


def telling(settings: Settings) -> Iterator[SensorDefinition]:
    """The sensors that tell; none if fondaco.yml names nobody."""
    if not is_somebody_told(settings.alerts):
        return

    @run_failure_sensor(
        name="tell_of_failures",
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Tells whom `alerts` names what failed, since when, how to see it and how to mend it.",
    )
    def failures(context: RunFailureSensorContext) -> None:
        before = _before(context.instance, context.dagster_run)
        if _failing(before) + 1 in _TOLD:
            tell(settings.alerts, failure(settings, context, before))

    @run_status_sensor(
        run_status=DagsterRunStatus.SUCCESS,
        name="tell_of_mended",
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Tells whom `alerts` names when a job that failed comes to a good end again.",
    )
    def mended(context: RunStatusSensorContext) -> None:
        before = _before(context.instance, context.dagster_run)
        if count := _failing(before):
            title = f"{settings.project}: {context.dagster_run.job_name} is well again"
            tell(settings.alerts, Message("mended", title, (f"after {count:,} that failed",), see=_address(settings, context.dagster_run)))

    yield failures
    yield mended


def digesting(settings: Settings) -> JobDefinition:
    """The job that sends the last day's digest."""

    @op(description="Sends the last 24 hours in a few lines to whom `alerts` names.")
    def send_digest(context: OpExecutionContext) -> None:
        with calling(context, settings.schedule):
            message = digest(settings, now())
            context.log.info(f"{message.title}\n{message.text}")
            ways = tell(settings.alerts, message)
        context.log.info(f"sent by {' and '.join(ways)}" if ways else "alerts names nobody: it stands here alone")

    @job(name="digest", description="The last 24 hours in a few lines (`fondaco digest --send`).")
    def digest_of_the_day() -> None:
        send_digest()

    return digest_of_the_day


def failure(settings: Settings, context: RunFailureSensorContext, before: list[RunRecord]) -> Message:
    """What is told of a run that failed.

    Args:
        before: the runs of its job before it, the youngest first.
    """
    lines = [line for event in context.get_step_failure_events() for line in _said(event.step_failure_data.error)]
    again = context.dagster_run.tags.get("dagster/will_retry") == "true"
    return Message(
        "failed",
        f"{settings.project}: {context.dagster_run.job_name} failed",
        tuple(dict.fromkeys(lines)) or (context.failure_event.message or "it was killed",),
        _since(settings, before),
        _address(settings, context.dagster_run),
        "nothing for now: it is run again by itself" if again else "as said above; then Re-execute on its page, or wait for the next tick",
    )


def _said(error: object) -> Iterator[str]:
    """The words of ours in an error of a step: Dagster wraps them."""
    while getattr(error, "cause", None) is not None:
        error = error.cause  # type: ignore[attr-defined]
    message = str(getattr(error, "message", error)).strip()
    yield message.removeprefix("dagster._core.definitions.events.Failure: ")


def _before(instance: DagsterInstance, run: DagsterRun) -> list[RunRecord]:
    records = instance.get_run_records(RunsFilter(job_name=run.job_name, statuses=_OVER), limit=_BACK)
    mine = next((record for record in records if record.dagster_run.run_id == run.run_id), None)
    return [record for record in records if mine is None or record.storage_id < mine.storage_id]


def _failing(before: list[RunRecord]) -> int:
    """How many runs failed in a row before this one."""
    return next((number for number, record in enumerate(before) if record.dagster_run.status == DagsterRunStatus.SUCCESS), len(before))


def _since(settings: Settings, before: list[RunRecord]) -> str:
    count = _failing(before)
    if count == len(before):
        return f"it has not come to a good end yet ({count + 1:,} runs)" if count else "its first run"
    ended = before[count].end_time or 0.0
    good = f"{datetime.fromtimestamp(ended, ZoneInfo(settings.business.timezone)):%Y-%m-%d %H:%M}"
    return f"the last good one ended {good}" + (f"; {count + 1:,} failed since" if count else "")


def _address(settings: Settings, run: DagsterRun) -> str:
    return (
        f"{settings.alerts.url.rstrip('/')}/runs/{run.run_id}"
        if settings.alerts.url
        else f"run {run.run_id} in Dagster's pages; or: fondaco status"
    )
