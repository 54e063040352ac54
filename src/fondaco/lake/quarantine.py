"""The quarantine as a person reads it: what was refused and why, and the rows themselves.

A row that was put aside stays in a file of the quarantine for good. Files written since its lot was settled say what became of it:
`open` waits, `replayed` has landed, `overtaken` need not (a later state of it has landed, or the row itself had), `dropped` was given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fondaco.lake.casts import literal
from fondaco.lake.commit import Commit
from fondaco.lake.lake import Lake

Status = Literal["open", "replayed", "overtaken", "dropped"]
STATUSES: tuple[Status, ...] = ("open", "replayed", "overtaken", "dropped")

#: What files say of a row beyond what landing wrote: none of it means open.
_SETTLED = """
    select cast(null as varchar) as _status, cast(null as varchar) as _settled_in, cast(null as varchar) as _why where false
"""


@dataclass(frozen=True)
class QuarantineEntry:
    """Rows of one table that were refused for one reason, by file (None: a database).

    Attributes:
        column: the column of the first fault, None where the record's shape broke.
        example: the first such row's raw value.
        first_row: its place in the file.
        batch_id, committed_at: of the last batch that quarantined such a row.
        status: what became of them.
        why: the reason given for dropping them.
    """

    source: str
    table: str
    reason: str
    column: str | None
    detail: str
    file: str | None
    rows: int
    example: str | None
    first_row: int | None
    batch_id: str
    committed_at: str
    status: Status = "open"
    why: str | None = None


@dataclass(frozen=True)
class QuarantinedRow:
    """One refused row.

    Attributes:
        value: the raw value at fault.
        raw: the whole raw row as JSON: an object, or a string where the record never became a row.
        faults: every fault as JSON, in the order of the columns; None where the shape broke.
        status: what became of it; `settled_in` is the batch that did it.
    """

    source: str
    table: str
    file: str | None
    row: int
    reason: str
    detail: str
    column: str | None
    value: str | None
    raw: str
    faults: str | None
    batch_id: str
    ingested_at: str
    status: Status = "open"
    settled_in: str | None = None


def list_quarantine(lake: Lake, table: str | None = None, statuses: Sequence[Status] = ("open",)) -> list[QuarantineEntry]:
    """What was refused, by table, file, reason, column and status; `table` is ``table`` or ``source.table``."""
    commits = quarantining(lake, table)
    if not commits:
        return []
    with lake.reading():
        found = lake.connection.execute(
            f"""
        select _source, _table, reason, "column", min(detail), _file, count(*), arg_min(value, (_batch_id, _row)), arg_min(_row, (_batch_id, _row)),
            max(_batch_id), strftime(max(_ingested_at), '%Y-%m-%dT%H:%M:%S.%fZ'), _status, _why
        from ({rows_aside(lake, commits)}) where _status in ({_words(statuses)}) group by all order by 1, 2, 6, 3, 4, 12, 13
        """
        ).fetchall()
    return [QuarantineEntry(*row) for row in found]


def show_quarantine(
    lake: Lake, table: str | None = None, reason: str | None = None, limit: int = 100, statuses: Sequence[Status] = ("open",)
) -> list[QuarantinedRow]:
    """The refused rows themselves, in landing order."""
    commits = quarantining(lake, table)
    if not commits:
        return []
    only = f"and reason = {literal(reason)}" if reason else ""
    with lake.reading():
        found = lake.connection.execute(
            f"""
        select _source, _table, _file, _row, reason, detail, "column", value, raw, faults, _batch_id,
            strftime(_ingested_at, '%Y-%m-%dT%H:%M:%S.%fZ'), _status, _settled_in
        from ({rows_aside(lake, commits)}) where _status in ({_words(statuses)}) {only} order by _batch_id, _file, _row limit {limit}
        """
        ).fetchall()
    return [QuarantinedRow(*row) for row in found]


def count_quarantine(lake: Lake, table: str | None = None) -> dict[Status, int]:
    """How many rows were refused, by what became of them."""
    commits = quarantining(lake, table)
    if not commits:
        return {}
    with lake.reading():
        found = lake.connection.execute(f"select _status, count(*) from ({rows_aside(lake, commits)}) group by all").fetchall()
    counts = dict(found)
    return {status: counts[status] for status in STATUSES if status in counts}


def quarantining(lake: Lake, table: str | None = None) -> list[Commit]:
    """The commits that count and have rows aside, of one table if one is named."""
    return [
        commit for commit in lake.live().commits if commit.quarantine and table in (None, commit.table, f"{commit.source}.{commit.table}")
    ]


def rows_aside(lake: Lake, commits: Sequence[Commit]) -> str:
    """Query: the quarantined rows of these commits, with what became of each."""
    paths = ", ".join(literal(lake.url(commit.quarantine.path)) for commit in commits if commit.quarantine)
    return f"""
        select * replace (coalesce(_status, 'open') as _status)
        from ({_SETTLED} union all by name select * from read_parquet([{paths}], union_by_name = true, hive_partitioning = false))
    """


def _words(statuses: Sequence[Status]) -> str:
    return ", ".join(map(literal, statuses))
