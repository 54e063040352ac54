"""The lake's state and quarantine, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fondaco.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from fondaco.lake import Commit, Lake, QuarantinedRow, QuarantineEntry, Status, TableState
    from fondaco.settings import Settings


@dataclass(frozen=True)
class QuarantineRows:
    """Rows that were put aside, and how many there are in all."""

    rows: tuple[QuarantinedRow, ...]
    total: int


def existing_lake(settings: Settings) -> Lake | None:
    """The lake, if it was ever begun: looking must not make one. Raises LakeError."""
    from fondaco.job.secret import keys_of
    from fondaco.lake import Lake
    from fondaco.storage import Folder, place_of

    place = place_of(settings.lake)
    return None if isinstance(place, Folder) and not place.path.is_dir() else Lake.open(place, keys=keys_of(settings))


def known_at(settings: Settings, day: date) -> Settings:
    """Settings whose warehouse is what was known when that day of the shop ended; it is built if nobody asked for it lately.

    Raises:
        UsageError: nothing had landed by then.
        BuildError: what was known then does not pass its tests.
    """
    from fondaco.warehouse import as_known_at

    lake = existing_lake(settings)
    if lake is None:
        raise UsageError("there is no lake yet", hint="`fondaco run` makes one")
    return as_known_at(settings, lake, day)


def state(settings: Settings) -> tuple[TableState, ...]:
    """Where every table stands, by source and table. Raises LakeError."""
    lake = existing_lake(settings)
    tables = lake.state().tables if lake else {}
    return tuple(tables[key] for key in sorted(tables))


def quarantine_entries(settings: Settings, *, settled: bool = False) -> tuple[QuarantineEntry, ...]:
    """What was put aside, by table, file and reason: what is open, or what was replayed, overtaken or dropped too. Raises LakeError."""
    from fondaco.lake import STATUSES, list_quarantine

    lake = existing_lake(settings)
    return tuple(list_quarantine(lake, statuses=STATUSES if settled else ("open",))) if lake else ()


def quarantine_rows(settings: Settings, table: str | None, limit: int, *, settled: bool = False) -> QuarantineRows:
    """The rows that were put aside, of all tables or of one, in landing order.

    Args:
        settled: also those that were replayed, overtaken or dropped.

    Raises:
        UsageError: nothing was ever put aside for a table of that name.
        LakeError: the lake cannot be read.
    """
    from fondaco.lake import STATUSES, count_quarantine, show_quarantine

    lake = existing_lake(settings)
    aside = [commit for commit in (lake.live().commits if lake else ()) if commit.quarantine is not None]
    names = {name for commit in aside for name in (commit.table, f"{commit.source}.{commit.table}")}
    if table is not None and table not in names:
        raise UsageError(f"no row of a table {table!r} was put aside{did_you_mean(table, names)}", hint="fondaco quarantine list")
    if lake is None:
        return QuarantineRows((), 0)
    statuses: tuple[Status, ...] = STATUSES if settled else ("open",)
    counts = count_quarantine(lake, table)
    total = sum(counts.get(status, 0) for status in statuses)
    return QuarantineRows(tuple(show_quarantine(lake, table, limit=limit, statuses=statuses)), total)


def reasons(lake: Lake, commits: Iterable[Commit]) -> dict[str, int]:
    """Why rows of these commits were put aside, in words, the most frequent first; reads one column of their quarantine files."""
    paths = [lake.url(commit.quarantine.path) for commit in commits if commit.quarantine is not None]
    if not paths:
        return {}
    counted = "select detail, count(*) from read_parquet(?, hive_partitioning = false) group by all order by 2 desc, 1"
    with lake.reading():
        return dict(lake.connection.execute(counted, [paths]).fetchall())
