"""The main job, as a list of steps that can be read aloud.

report.py    what a run did, as values
runs.py      the run log
history.py   the run log in the warehouse, for those who ask it
lock.py      one run at a time
simulate.py  the simulated shop, for sources of type demo
volume.py    whether a table brought what it usually does
waiting.py   what lies in a folder of file drops
digest.py    the last day in a few lines; a run that failed, as somebody is told of it
status.py    how fresh, how healthy
plan.py      what a run would do
doctor.py    what is wrong, and how to mend it
snowflake_health.py  what doctor looks at on Snowflake
look.py      the lake's state and quarantine, for people
upkeep.py    going back, another chance for bad rows, fewer files
forget.py    a person forgotten, wherever the house keeps her
secret.py    the keys by which it is told whose a row is
asked.py     what is asked of a landing beyond the ordinary
moments.py   times as people write them
verify.py    the warehouse against the answer key, or against its sources
reread.py    the sources read once more, and held against the lake
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from fondaco.errors import FondacoError, UsageError
from fondaco.job.history import remember
from fondaco.job.lock import only_run
from fondaco.job.report import Places, RunReport, TableLanding, Took, table_landing
from fondaco.job.runs import RunLog
from fondaco.job.secret import keys_of
from fondaco.job.shops import opened

if TYPE_CHECKING:
    from fondaco.governance.publish import Published
    from fondaco.lake import Asked, Lake, LandingReport
    from fondaco.settings import Settings
    from fondaco.warehouse import BuildReport, Summary

__all__ = ["STEPS", "Places", "RunReport", "TableLanding", "Took", "Watch", "run"]


class Watch(Protocol):
    """Somebody who is told what goes on."""

    def step(self, name: str, doing: str) -> None: ...
    def note(self, text: str) -> None: ...
    def done(self, name: str, text: str, took: float) -> None: ...


@dataclass
class Work:
    """What the steps of one run hand on to each other."""

    settings: Settings
    lake: Lake
    watch: Watch
    tables: Collection[str]
    select: str | None
    full_refresh: bool
    asked: Asked | None = None
    lived: dict[str, int] = field(default_factory=dict)
    landed: list[TableLanding] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    build_reason: str | None = None
    build: BuildReport | None = None
    published: Published | None = None
    summary: Summary | None = None


@dataclass(frozen=True)
class Step:
    """One step: its name, what it is doing, and the commands that take it.

    ``do`` returns what was done in a few words, None if there was nothing to do.
    """

    name: str
    doing: str
    commands: frozenset[str]
    do: Callable[[Work], str | None]


def _simulate(work: Work) -> str | None:
    from fondaco.job.simulate import begin

    work.lived = begin(work.settings, work.watch.note)
    return ", ".join(f"{name} lived {days} days" for name, days in work.lived.items()) or None


def _land(work: Work) -> str:
    from fondaco.job.look import reasons
    from fondaco.lake import Asked, LandingReport, land

    report, asked = LandingReport(), work.asked or Asked()
    with opened(work.settings, work.tables) as sources, _recorded(work, report):
        for table in land(sources, work.lake, work.settings.quality, tables=work.tables, asked=asked, report=report):
            work.landed.append(table_landing(table, reasons(work.lake, table.commits) if table.bad else {}))
            work.watch.note(f"{table.source}.{table.table}: {table.rows_read:,} rows read, {table.rows_landed:,} landed")
    work.notes = tuple(report.notes)
    read, landed = report.total("rows_read"), report.total("rows_landed")
    return f"{read:,} rows read, {landed:,} landed" if read else "nothing new"


@contextmanager
def _recorded(work: Work, report: LandingReport) -> Iterator[None]:
    """Puts a landing on record for which a person asked for more than the ordinary."""
    if work.asked is None:
        yield
        return
    span = work.asked.span
    said = {
        "tables": list(work.tables),
        "since": span.since if span else None,
        "until": span.until if span else None,
        "sweep": work.asked.sweep,
        "accept_deletes": work.asked.accept_deletes,
    }
    with work.lake.audit.record("ingest", {name: value for name, value in said.items() if value}) as doing:
        yield
        doing.commits += [commit.number for commit in report.commits]
        doing.counts |= {name: report.total(name) for name in ("rows_read", "rows_landed", "rows_known", "deleted")}
        doing.counts["errors"] = len(report.errors)


def _build(work: Work) -> str:
    from fondaco.warehouse import build, needs_build

    if work.settings.warehouse.type != "duckdb":
        raise UsageError(
            "models are not built on Snowflake by this version: what it does there is `policy plan`, `policy apply` and `doctor warehouse`",
            where=str(work.settings.file),
            hint="build on DuckDB: leave out `-t`, or say warehouse: {type: duckdb}",
        )
    if work.lake.head() == 0:
        return "nothing has landed yet"
    # a named selection is an order; without one, nothing new means nothing to do
    work.build_reason = "asked for" if work.select else needs_build(work.settings, work.lake, full_refresh=work.full_refresh)
    if work.build_reason is None:
        return "nothing new since the last build"
    work.build = built = build(work.settings, work.lake, select=work.select, full_refresh=work.full_refresh, on_step=work.watch.note)
    failed = f", {len(built.failures)} failed" if built.failures else ""
    return f"{built.models_ok} models, {built.tests_ok} tests passed{failed}"


def _publish(work: Work) -> str | None:
    """What people ask is what passed its checks: after a build that failed, gold as it is shown, and silver as it was before."""
    if not work.settings.warehouse.path.is_file():
        return None
    from fondaco.governance.admin import is_served
    from fondaco.governance.serving import refresh

    if not is_served(work.settings):
        return None
    # a build of a selection leaves facts and marts of different days
    is_whole = not work.select and not (work.build is not None and work.build.failures)
    done = refresh(work.settings, layers=None if is_whole else ("gold",), on_step=work.watch.note)
    work.published = done.published
    put_back = f", {len(done.enforced.drift)} things put back that were changed by hand" if done.enforced.drift else ""
    rows = done.published.rows if done.published else {}
    return f"{len(rows)} relations, {sum(rows.values()):,} rows{put_back}" if rows or put_back else "nothing changed for those who ask"


def _summarise(work: Work) -> str | None:
    from fondaco.warehouse import summary

    if not work.settings.warehouse.path.is_file():
        return None
    work.summary = found = summary(work.settings)
    return f"{len(found.kpis)} figures, up to {found.last_day}" if found.last_day else None


STEPS: tuple[Step, ...] = (
    Step("simulate", "the simulated shop lives its first days", frozenset({"run", "ingest"}), _simulate),
    Step("land", "what is new is landed in the lake", frozenset({"run", "ingest"}), _land),
    Step("build", "models are built and tested", frozenset({"run", "build"}), _build),
    Step("publish", "what people ask is brought up to date", frozenset({"run", "build"}), _publish),
    Step("summarise", "the numbers are read", frozenset({"run", "build"}), _summarise),
)


def run(
    settings: Settings,
    command: str = "run",
    *,
    watch: Watch,
    tables: Collection[str] = (),
    select: str | None = None,
    full_refresh: bool = False,
    asked: Asked | None = None,
    by: str | None = None,
) -> RunReport:
    """Takes the steps of a command, one run at a time.

    Args:
        asked: what a person asked of the landing beyond the ordinary.
        by: who called, where it was not a person: it stands in the run log, and leads to that caller's own log.

    Raises:
        LockedError: another run is at work.
        FondacoError, OSError: a step could not be done; what was committed before it stays, and the next run goes on from there.
    """
    from fondaco.lake import Lake
    from fondaco.storage import place_of

    log = RunLog(settings.state_dir)
    with only_run(settings.state_dir):
        run_id, started = uuid.uuid4().hex[:12], now()
        log.start(run_id, command, started, by)
        took: list[Took] = []
        work: Work | None = None
        outcome, fault = "interrupted", None
        try:
            lake = Lake.open(place_of(settings.lake), keys=keys_of(settings))
            work = Work(settings, lake, watch, tables, select, full_refresh, asked)
            for step in STEPS:
                if command in step.commands:
                    watch.step(step.name, step.doing)
                    begin = time.perf_counter()
                    if (done := step.do(work)) is not None:
                        took.append(Took(step.name, time.perf_counter() - begin))
                        watch.done(step.name, done, took[-1].seconds)
            report = _report(work, run_id, command, started, tuple(took))
            outcome, fault = ("failed" if report.exit_code else "ok"), _fault(report)
            return report
        except (FondacoError, OSError) as error:
            outcome, fault = "failed", error.message if isinstance(error, FondacoError) else str(error)
            raise
        finally:
            rows = work.landed if work else []
            log.end(
                run_id,
                now(),
                outcome,
                error=fault,
                commits=sum(table.commits for table in rows),
                rows={name: sum(getattr(table, name) for table in rows) for name in ("read", "landed", "quarantined", "known")},
                seconds={step.step: round(step.seconds, 3) for step in took},
            )
            if work is not None and work.build is not None:
                remember(settings, log)


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def _report(work: Work, run_id: str, command: str, started: datetime, took: tuple[Took, ...]) -> RunReport:
    lake = work.settings.lake.path
    return RunReport(
        run_id=run_id,
        command=command,
        started=started.isoformat(timespec="seconds"),
        steps=took,
        first_seconds=_first_seconds(work.settings),
        lived=work.lived,
        tables=tuple(work.landed),
        notes=work.notes,
        head=work.lake.head(),
        build_reason=work.build_reason,
        build=work.build,
        published=work.published,
        summary=work.summary,
        places=Places(lake, str(work.settings.warehouse.path), f"{lake}/bronze/_quarantine"),
    )


def _first_seconds(settings: Settings) -> float | None:
    first = RunLog(settings.state_dir).first("run")
    return sum(first.seconds.values()) if first else None


def _fault(report: RunReport) -> str | None:
    faults = [str(fault.message) for fault in report.faults]
    if report.build is not None:
        faults += [f"{failure.node}: {failure.message}" for failure in report.build.failures]
    return "; ".join(faults) or None
