"""Moves a table's position back, so that the next run reads again from there; what it finds known is not doubled.

A rewind is a commit of its own that says where the table stands: the log only grows, and the state stays what the log says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fondaco.contracts import System, Table
from fondaco.errors import UsageError
from fondaco.lake.commit import Commit
from fondaco.lake.lake import Lake
from fondaco.lake.state import State
from fondaco.lake.writer import batch_name
from fondaco.sources.base import Position


@dataclass(frozen=True)
class Rewound:
    """Where a table stood and where it stands.

    Attributes:
        files: files that will be read again.
        commit: number of the commit.
    """

    source: str
    table: str
    before: str | None
    after: str | None
    files: int
    commit: int


def rewind(
    lake: Lake,
    source: str,
    system: System,
    table: Table,
    *,
    to: datetime | None = None,
    to_commit: int | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Rewound:
    """Moves the position back to a time of the source (naive UTC), or to where the table stood after a commit; one of the two is given.

    Raises:
        UsageError: the table was never read, stands before that already, or has nothing that could be moved.
        LockedError: somebody else is writing.
        LakeError: the lake cannot be read or written.
    """
    with lake.writer():
        state, name = lake.refresh_state(), f"{source}.{table.name}"
        stands = state.tables.get((source, table.name))
        if stands is None:
            raise UsageError(f"{name} was never read: there is nothing to rewind", hint="fondaco state show")
        before = stands.position
        after = _at_commit(lake, source, table, to_commit, state) if to_commit is not None else _at_time(system, table, before, to, name)
        after = Position(after.cursor, after.files, before.swept_at)
        if after == before:
            raise UsageError(f"{name} stands there already", hint="fondaco state show")
        now = clock().astimezone(UTC).replace(tzinfo=None)
        number = state.commit + 1
        said = f"rewound from {before.cursor or 'its beginning'} to {after.cursor or 'its beginning'}"
        commit = Commit.operation(
            "rewind",
            number,
            batch_name(lake.store, number, f"rewind|{name}|{to}|{to_commit}"),
            now,
            (source, stands.system, table.name),
            position=after,
            notes=(said,),
        )
        lake.commit(commit, state)
        return Rewound(source, table.name, before.cursor, after.cursor, len(before.files) - len(after.files), number)


def cursor_at(system: System, table: Table, moment: datetime) -> str | None:
    """A time of the source (naive UTC) as the table's cursor is written; None if it is no time, or there is none."""
    dated = system.dated(table)
    kind = dated.column(dated.cursor).type if dated and dated.cursor else None
    if kind not in ("timestamp", "timestamptz", "date"):
        return None
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(system.zone)).replace(tzinfo=None)
    # a source may write a time without zone in either; the earlier one reads a little more
    at = moment if kind == "timestamptz" else min(moment, local)
    return f"{at:%Y-%m-%d}" if kind == "date" else f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _at_time(system: System, table: Table, before: Position, to: datetime | None, name: str) -> Position:
    assert to is not None
    if table.files is not None:
        changed = to.replace(tzinfo=UTC).timestamp()
        return Position(before.cursor, {file: mark for file, mark in before.files.items() if mark.mtime_ns / 1e9 < changed})
    cursor = cursor_at(system, table, to)
    if cursor is None:
        dated = system.dated(table)
        why = "its cursor is a number" if dated else "it has no cursor and is read whole on every run"
        raise UsageError(f"{name} cannot be rewound to a time: {why}", hint="rewind it to a commit: --to-commit N" if dated else None)
    if before.cursor is None or cursor > before.cursor:
        raise UsageError(
            f"{name} stands at {before.cursor or 'its beginning'} and can only go back, not on to {cursor}",
            hint="what is new is read by: fondaco ingest; a span of time by: fondaco ingest --since",
        )
    return Position(cursor, before.files)


def _at_commit(lake: Lake, source: str, table: Table, number: int, state: State) -> Position:
    """Where the table stood once that commit was made."""
    if not 0 <= number <= state.commit:
        raise UsageError(f"there is no commit {number}: the log ends at {state.commit}", hint="fondaco state show")
    past = State().after(commit for commit in lake.commits() if commit.number <= number)
    stood = past.tables.get((source, table.name))
    return stood.position if stood else Position()
