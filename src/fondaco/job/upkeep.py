"""What a person does to the lake beyond landing: going back, another chance for bad rows, fewer files. Each leaves a trace in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fondaco.errors import UsageError, did_you_mean
from fondaco.job.lock import only_run
from fondaco.job.look import existing_lake
from fondaco.job.moments import moment
from fondaco.job.shops import Owned, owned

if TYPE_CHECKING:
    from fondaco.lake import AuditEntry, Compaction, Dropped, Lake, Replayed, Rewound
    from fondaco.lake.audit import Doing
    from fondaco.settings import Settings


@dataclass(frozen=True)
class Rebuilt:
    """The state, made anew from the log.

    Attributes:
        commit: number of the last commit.
        tables: how many tables it tells of.
        changed: whether it said something else before.
    """

    commit: int
    tables: int
    changed: bool


@dataclass(frozen=True)
class Compacted:
    """What was, or would be, put together, and what that comes to."""

    done: tuple[Compaction, ...]
    dry_run: bool


def rewind(settings: Settings, table: str, to: str | None, to_commit: int | None) -> Rewound:
    """Moves a table's position back. Raises UsageError, LockedError, LakeError."""
    from fondaco.lake import rewind as go_back

    if (to is None) == (to_commit is None):
        raise UsageError("say how far back: either --to TIME or --to-commit N", hint=f"fondaco state rewind {table} --to 2024-05-01")
    found = _one(settings, table)
    at = moment(to, settings.business.timezone, "--to") if to is not None else None
    with _at_work(settings, "state rewind", {"table": f"{found.source}.{found.table.name}", "to": to, "to_commit": to_commit}) as (
        lake,
        doing,
    ):
        done = go_back(lake, found.source, found.system, found.table, to=at, to_commit=to_commit)
        doing.commits.append(done.commit)
        doing.counts |= {"before": done.before, "after": done.after, "files": done.files}
    return done


def rebuild_state(settings: Settings) -> Rebuilt:
    """Makes ingestion_state.json anew from the log. Raises UsageError, LockedError, LakeError."""
    with _at_work(settings, "state rebuild", {}) as (lake, doing), lake.writer():
        before = lake.saved_state()
        state = lake.rebuild_state()
        doing.counts |= {"commit": state.commit, "tables": len(state.tables), "changed": state != before}
    return Rebuilt(state.commit, len(state.tables), state != before)


def replay(settings: Settings, table: str | None, reason: str | None, batch: str | None) -> tuple[Replayed, ...]:
    """Types rows that were put aside by today's declarations, and lands what is good. Raises UsageError, LockedError, LakeError."""
    from fondaco.lake import Chosen, Origin
    from fondaco.lake import replay as again

    found = [_one(settings, table)] if table is not None else owned(settings)
    origins = [Origin(entry.source, entry.system.name, entry.table, entry.system.tables) for entry in found]
    with _at_work(settings, "quarantine replay", {"table": table, "reason": reason, "batch": batch}) as (lake, doing):
        done = again(lake, origins, settings.quality, Chosen(table, reason, batch))
        doing.commits += [number for entry in done for number in entry.commits]
        doing.counts |= {
            name: sum(getattr(entry, name) for entry in done) for name in ("rows", "landed", "overtaken", "still_bad", "unreadable")
        }
    return tuple(done)


def drop(settings: Settings, table: str | None, reason: str | None, batch: str | None, why: str, *, erase: bool) -> tuple[Dropped, ...]:
    """Takes rows that were put aside off the list. Raises UsageError, LockedError, LakeError."""
    from fondaco.lake import Chosen
    from fondaco.lake import drop as give_up

    if not why.strip():
        raise UsageError("--why is empty", hint='say why these rows may be missing, as in --why "test orders of the reseller"')
    arguments = {"table": table, "reason": reason, "batch": batch, "why": why, "erase": erase}
    with _at_work(settings, "quarantine drop", arguments) as (lake, doing):
        _check_aside(lake, table)
        done = give_up(lake, Chosen(table, reason, batch), why.strip(), erase=erase)
        doing.commits += [number for entry in done for number in entry.commits]
        doing.counts |= {name: sum(getattr(entry, name) for entry in done) for name in ("rows", "erased")}
    return tuple(done)


def compact(settings: Settings, tables: Collection[str], older_than: timedelta | None, *, dry_run: bool) -> Compacted:
    """Puts old small files together. Raises UsageError, LockedError, LakeError."""
    from fondaco.lake import compact as put_together
    from fondaco.lake.compaction import OLDER_THAN

    age = OLDER_THAN if older_than is None else older_than
    for table in tables:
        _one(settings, table)
    if dry_run:
        return Compacted(tuple(put_together(_lake(settings), tables=tables, older_than=age, dry_run=True)), dry_run=True)
    with _at_work(settings, "lake compact", {"tables": list(tables), "older_than_seconds": age.total_seconds()}) as (lake, doing):
        done = put_together(lake, tables=tables, older_than=age)
        doing.commits += [entry.commit for entry in done if entry.commit is not None]
        doing.counts |= {"files": sum(entry.files for entry in done), "into": len(done), "rows": sum(entry.rows for entry in done)}
    return Compacted(tuple(done), dry_run=False)


def audit(settings: Settings, limit: int | None) -> tuple[AuditEntry, ...]:
    """What was done to the lake, the youngest first. Raises LakeError."""
    lake = existing_lake(settings)
    return tuple(lake.audit.entries(limit)) if lake else ()


@contextmanager
def _at_work(settings: Settings, action: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Lake, Doing]]:
    """The lake while nobody else runs, and what is done to it on record."""
    with only_run(settings.state_dir):
        lake = _lake(settings)
        said = {name: value for name, value in arguments.items() if value not in (None, False, [])}
        with lake.audit.record(action, said) as doing:
            yield lake, doing


def _lake(settings: Settings) -> Lake:
    lake = existing_lake(settings)
    if lake is None or lake.head() == 0:
        raise UsageError("nothing has landed yet", hint="begin with: fondaco run")
    return lake


def _one(settings: Settings, name: str) -> Owned:
    """The one table of that name. Raises UsageError if there is none, or more than one."""
    every = owned(settings)
    found = [entry for entry in every if name in (entry.table.name, f"{entry.source}.{entry.table.name}")]
    if len(found) == 1:
        return found[0]
    known = [f"{entry.source}.{entry.table.name}" for entry in found or every]
    if found:
        raise UsageError(f"{name!r} is a table of several sources", hint=f"name one: {', '.join(sorted(known))}")
    words = [*known, *(entry.table.name for entry in every)]
    raise UsageError(f"no source has a table {name!r}{did_you_mean(name, words)}", hint=f"tables: {', '.join(sorted(known))}")


def _check_aside(lake: Lake, table: str | None) -> None:
    from fondaco.lake.quarantine import quarantining

    names = {name for commit in quarantining(lake, None) for name in (commit.table, f"{commit.source}.{commit.table}")}
    if table is not None and table not in names:
        raise UsageError(f"no row of a table {table!r} was put aside{did_you_mean(table, names)}", hint="fondaco quarantine list")
