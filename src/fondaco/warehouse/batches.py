"""What the lake's log says of each batch, beside how many of its rows bronze shows: the first link of source = bronze = silver = gold.

Kept in `ops` and added to by what is new, so that a build costs what landed; all of it comes from the lake and is made anew with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb

from fondaco.contracts import System
from fondaco.lake import Commit, Lake, Live, superseded
from fondaco.warehouse.bronze import SCHEMA

_TABLES = """
create table if not exists ops.batches (
    commit_number bigint primary key,
    batch_id varchar not null,
    source_name varchar not null,
    system_name varchar not null,
    table_name varchar not null,
    kind varchar not null,           -- land, sweep, replay, drop, rewind, compact
    landed_at timestamp not null,    -- UTC
    rows_read bigint not null,
    rows_landed bigint not null,
    rows_known bigint not null,      -- the same version had landed before
    rows_quarantined bigint not null,
    rows_dropped bigint not null,    -- of quarantine, taken off its list
    data_until timestamp,            -- highest source time among the rows that landed (UTC); NULL where the cursor is no time
    rows_in_bronze bigint not null,
    rows_replaced bigint not null    -- of a file that was sent again with other content: bronze shows the last
);
create table if not exists ops.rejections (commit_number bigint not null, reason varchar not null, rows bigint not null)
"""


def record(connection: duckdb.DuckDBPyConnection, systems: Mapping[str, System], lake: Lake, live: Live, *, since: int) -> None:
    """Notes the batches that the record lacks, and counts in bronze those of commits after `since`: what bronze shows as new.

    Args:
        live: what counts of the lake; bronze shows it.
        since: the commit up to which the last complete build went, in this lake; 0: all is counted anew.
    """
    connection.execute(_TABLES)
    connection.begin()
    for table in ("batches", "rejections"):
        connection.execute(f"delete from ops.{table} where commit_number > ?", [since])
    commits = lake.commits(since)
    if commits:
        connection.executemany(
            "insert into ops.batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)", [_row(commit, systems) for commit in commits]
        )
    if bad := [(commit.number, reason, rows) for commit in commits for reason, rows in commit.bad.items()]:
        connection.executemany("insert into ops.rejections values (?, ?, ?)", bad)
    for system, table in sorted({(commit.system, commit.table) for commit in commits if commit.rows_landed}):
        if system in systems and table in systems[system].tables:
            connection.execute(
                f"update ops.batches set rows_in_bronze = found.rows from (select _batch_id, count(*) as rows from {SCHEMA}.{system}__{table} "
                "where _is_new group by 1) as found where batches.batch_id = found._batch_id"
            )
    if replaced := _replaced(systems, live.commits):
        connection.executemany("update ops.batches set rows_replaced = rows_landed - rows_in_bronze where batch_id = ?", replaced)
    connection.commit()


def _row(commit: Commit, systems: Mapping[str, System]) -> tuple[object, ...]:
    zone = systems[commit.system].zone if commit.system in systems else "UTC"
    return (
        commit.number,
        commit.batch_id,
        commit.source,
        commit.system,
        commit.table,
        commit.kind,
        commit.committed_at.rstrip("Z"),
        commit.rows_read,
        commit.rows_landed,
        commit.rows_known,
        commit.rows_quarantined,
        commit.rows_dropped,
        _moment(commit.cursor_max, zone),
    )


def _moment(cursor: str | None, zone: str) -> datetime | None:
    """A source's time as UTC; None for a cursor that is a number."""
    try:
        at = datetime.fromisoformat(cursor) if cursor and not cursor.isdigit() else None
    except ValueError:
        return None
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC).replace(tzinfo=None)


def _replaced(systems: Mapping[str, System], commits: Iterable[Commit]) -> list[tuple[str]]:
    """The batches of which bronze leaves rows out, because their file holds something else by now."""
    by_table: dict[tuple[str, str], list[Commit]] = defaultdict(list)
    for commit in commits:
        by_table[commit.system, commit.table].append(commit)
    return [
        (batch,)
        for system in systems.values()
        for table in system.tables.values()
        for batch in sorted({batch for _, _, batch in superseded(table, by_table[system.name, table.name])})
    ]
