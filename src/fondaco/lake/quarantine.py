"""The quarantine as a person reads it: what was refused and why, and the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fondaco.lake.casts import literal
from fondaco.lake.commit import Commit
from fondaco.lake.lake import Lake


@dataclass(frozen=True)
class QuarantineEntry:
    """Rows of one table that were refused for one reason, by file (None: a database).

    Attributes:
        column: the column of the first fault, None where the record's shape broke.
        example: the first such row's raw value.
        first_row: its place in the file.
        batch_id, committed_at: of the last commit that quarantined such a row.
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


@dataclass(frozen=True)
class QuarantinedRow:
    """One refused row.

    Attributes:
        value: the raw value at fault.
        raw: the whole raw row as JSON: an object, or a string where the record never became a row.
        faults: every fault as JSON, in the order of the columns; None where the shape broke.
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


def list_quarantine(lake: Lake, table: str | None = None) -> list[QuarantineEntry]:
    """What was refused, by table, file, reason and column; `table` is ``table`` or ``source.table``."""
    commits = _commits(lake, table)
    if not commits:
        return []
    with lake.reading():
        found = lake.connection.execute(
            f"""
        select _source, _table, reason, "column", min(detail), _file, count(*), arg_min(value, (_batch_id, _row)), arg_min(_row, (_batch_id, _row)),
            max(_batch_id), strftime(max(_ingested_at), '%Y-%m-%dT%H:%M:%S.%fZ')
        from {_files(lake, commits)} group by all order by 1, 2, 6, 3, 4
        """
        ).fetchall()
    return [QuarantineEntry(*row) for row in found]


def show_quarantine(lake: Lake, table: str | None = None, reason: str | None = None, limit: int = 100) -> list[QuarantinedRow]:
    """The refused rows themselves, in landing order."""
    commits = _commits(lake, table)
    if not commits:
        return []
    only = f"where reason = {literal(reason)}" if reason else ""
    with lake.reading():
        found = lake.connection.execute(
            f"""
        select _source, _table, _file, _row, reason, detail, "column", value, raw, faults, _batch_id, strftime(_ingested_at, '%Y-%m-%dT%H:%M:%S.%fZ')
        from {_files(lake, commits)} {only} order by _batch_id, _file, _row limit {limit}
        """
        ).fetchall()
    return [QuarantinedRow(*row) for row in found]


def _commits(lake: Lake, table: str | None) -> list[Commit]:
    return [
        commit for commit in lake.live().commits if commit.quarantine and table in (None, commit.table, f"{commit.source}.{commit.table}")
    ]


def _files(lake: Lake, commits: Sequence[Commit]) -> str:
    paths = ", ".join(literal(lake.url(commit.quarantine.path)) for commit in commits if commit.quarantine)
    return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"
