"""What the last day was like, in a few lines; and a run that failed, as somebody is told of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fondaco.alerts import Message
from fondaco.errors import FondacoError
from fondaco.job.runs import RunLog, RunRecord
from fondaco.job.status import look

if TYPE_CHECKING:
    from fondaco.job.report import RunReport
    from fondaco.settings import Settings

_DAY = timedelta(days=1)
#: Failures that a digest spells out.
_SHOWN = 5


def digest(settings: Settings, now: datetime) -> Message:
    """The last 24 hours: runs, rows, what failed, what is late, what readers do not see. Raises as `status` does."""
    status = look(settings, now)
    runs = [run for run in RunLog(settings.state_dir).last(None) if now - datetime.fromisoformat(run.started) < _DAY]
    bad = [run for run in runs if run.outcome != "ok"]
    read, landed, aside = (sum(run.rows.get(name, 0) for run in runs) for name in ("read", "landed", "quarantined"))
    held = [mart for mart in status.marts if mart.state != "published"]
    lines = [
        f"Runs: {len(runs):,}, of which {len(bad):,} did not come to a good end",
        f"Rows: {read:,} read, {landed:,} landed, {aside:,} put into quarantine",
        f"Warehouse: {status.needs_build or 'holds all that has landed'}",
        *(f"Late: {source}: {reason}" for source, reason in status.stale),
        *(f"Held back: gold.{mart.mart}: {mart.said}" for mart in held),
        *(f"{_clock(run.started, settings)} {run.command} {run.outcome}: {_first(run)}" for run in bad[:_SHOWN]),
        *([f"… and {len(bad) - _SHOWN:,} more"] if len(bad) > _SHOWN else []),
    ]
    state = "all is well" if not (bad or held or status.stale) else "needs a look"
    return Message("digest", f"{settings.project}: the last 24 hours, {state}", tuple(lines), see=settings.alerts.url or "fondaco status")


def failed(settings: Settings, command: str, fault: FondacoError | OSError | RunReport) -> Message:
    """A run that did not come to a good end, called without Dagster."""
    from fondaco.job.report import RunReport

    mend: str | None = None
    if isinstance(fault, RunReport):
        lines = [str(error) for error in fault.faults]
        lines += [f"{one.node}: {one.message}\n  --> warehouse/{one.path}" for one in (fault.build.failures if fault.build else ())]
        lines += [f"gold.{mart.mart}: {mart.said}" for mart in (fault.build.marts if fault.build else ()) if mart.state != "published"]
    else:
        lines = [str(fault)]
        mend = fault.hint if isinstance(fault, FondacoError) else None
    good = RunLog(settings.state_dir).last_good(command)
    since = f"the last good one ended {_clock(good.ended, settings)}" if good and good.ended else "there was no good one yet"
    return Message(
        "failed", f"{settings.project}: fondaco {command} failed", tuple(lines), since, settings.alerts.url or "fondaco status", mend
    )


def _first(run: RunRecord) -> str:
    return (run.error or "its end was never written: it was killed, or still runs").splitlines()[0]


def _clock(moment: str, settings: Settings) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(settings.business.timezone)):%Y-%m-%d %H:%M}"
