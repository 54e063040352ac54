"""Runs whose process has gone: a run that was killed says nothing, and one that was killed with the code server is missed by nobody.

The code server notices when a run of its own dies. After a power cut, or when the whole service is killed, a run stands as started for
as long as Dagster lets a run take. Here it is looked for by its process.
"""

import os
from pathlib import Path

from dagster import (
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRecord,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

#: A process that began so much later than its run is another one with the same number.
_SLACK = 120.0


def killed_runs(instance: DagsterInstance) -> tuple[RunRecord, ...]:
    """Runs that stand as started and whose process is not there any more."""
    started = instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]))
    return tuple(record for record in started if (pid := _process_of(instance, record)) is not None and not _is_there(pid, record))


def finding() -> SensorDefinition:
    """The sensor that marks them as failed, so that somebody is told and they are run again."""

    @sensor(
        name="killed_runs",
        minimum_interval_seconds=60,
        default_status=DefaultSensorStatus.RUNNING,
        description="Marks runs whose process was killed, so that they are told of and run again.",
    )
    def look(context: SensorEvaluationContext) -> SkipReason:
        found = killed_runs(context.instance)
        for record in found:
            context.instance.report_run_failed(
                record.dagster_run, "The process of this run has gone: it was killed, or the machine went down."
            )
        return SkipReason(
            f"marked as failed: {', '.join(record.dagster_run.run_id[:8] for record in found)}" if found else "no run was killed"
        )

    return look


def _process_of(instance: DagsterInstance, record: RunRecord) -> int | None:
    """The number of a run's process, as its log says it: the last one, of a run that was begun twice."""
    entries = instance.all_logs(record.dagster_run.run_id, of_type={DagsterEventType.ENGINE_EVENT, DagsterEventType.RUN_START})
    pids = [
        int(str(value.value))
        for entry in entries
        if entry.dagster_event is not None and entry.dagster_event.is_engine_event
        for name, value in entry.dagster_event.engine_event_data.metadata.items()
        if name == "pid" and str(value.value).isdigit()
    ]
    return pids[-1] if pids else None


def _is_there(pid: int, record: RunRecord) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody's, perhaps the run's: max_runtime_seconds ends what hangs
    process = Path(f"/proc/{pid}")
    if record.start_time is None or not process.is_dir():
        return True
    return process.stat().st_ctime <= record.start_time + _SLACK
