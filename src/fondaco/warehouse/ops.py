"""Which builds there were: kept in the warehouse itself, so that dropping it forgets them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from fondaco.settings import Warehouse
from fondaco.warehouse.door import writer
from fondaco.warehouse.nodes import NodeResult

_TABLE = """
create table if not exists ops.builds (
    built_at timestamp not null,    -- UTC
    through_commit bigint not null, -- every commit up to this number is in the tables
    through_batch varchar not null, -- of that commit: numbers begin again in another lake
    lake varchar not null,          -- where it was; bronze reads it in place
    fingerprint varchar not null,   -- of the rules that made them
    models bigint not null,
    tests bigint not null
)
"""


_READ = """
create table if not exists ops.begun (
    through_commit bigint not null -- what the last build began to read, complete or not: some table may hold rows of it
)
"""


_CHECKS = """
create table if not exists ops.checks (
    built_at timestamp not null, -- UTC
    passed bigint not null,
    failed bigint not null,
    failures varchar not null    -- names of the checks that failed
)
"""


_RUNS = """
create table if not exists ops.runs (
    run_id varchar primary key,
    command varchar not null,       -- run, ingest, build
    called_by varchar,              -- such as dagster and the id of its run; NULL where a person did
    started_at timestamp not null,  -- UTC, as below
    ended_at timestamp,             -- NULL of a run that was killed
    outcome varchar not null,       -- ok, failed, interrupted, killed
    commits bigint not null,
    rows_read bigint not null,
    rows_landed bigint not null,
    rows_known bigint not null,     -- the same version had landed before
    rows_quarantined bigint not null,
    seconds double not null,
    error varchar
)
"""


@dataclass(frozen=True)
class LastBuild:
    """The last complete build: all its models were made, all its tests passed.

    Attributes:
        through_commit, through_batch: the last commit of the lake that is in the tables; 0 and '' if it had none.
        lake: the folder where the lake was.
    """

    through_commit: int
    through_batch: str
    lake: str
    fingerprint: str


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the record's table if there is none."""
    connection.execute("create schema if not exists ops")
    if not _is_there(connection):
        connection.execute("drop table if exists ops.builds")
        connection.execute(_TABLE)
    connection.execute(_READ)
    connection.execute(_CHECKS)
    connection.execute(_RUNS)


def begun(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the commit up to which a table may hold rows, of builds that were not completed, too; 0 if there was none."""
    row = connection.execute("select coalesce(max(through_commit), 0) from ops.begun").fetchone()
    return int(row[0]) if row else 0


def begin(connection: duckdb.DuckDBPyConnection, through: int) -> None:
    """Notes up to which commit a build is about to read. Of two that are killed the later one counts: the log only grows."""
    connection.begin()
    connection.execute("delete from ops.begun")
    connection.execute("insert into ops.begun values (?)", [through])
    connection.commit()


def last_build(connection: duckdb.DuckDBPyConnection) -> LastBuild | None:
    """The last complete build, None in a warehouse that never had one."""
    if not _is_there(connection):
        return None
    row = connection.execute(
        "select through_commit, through_batch, lake, fingerprint from ops.builds order by built_at desc, through_commit desc limit 1"
    ).fetchone()
    return LastBuild(*row) if row else None


def _is_there(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is a record as this version keeps it; one of an earlier version says too little."""
    found = connection.execute(
        "select 1 from duckdb_columns() where (schema_name, table_name, column_name) = ('ops', 'builds', 'through_batch')"
    ).fetchone()
    return found is not None


def note_checks(connection: duckdb.DuckDBPyConnection, nodes: Sequence[NodeResult]) -> None:
    """Notes how the checks of a build went, complete or not. The lake knows nothing of it: who drops the warehouse forgets it."""
    tests = [node for node in nodes if node.kind == "test" and node.status != "skipped"]
    failed = [node.name for node in tests if node.status not in ("pass", "warn")]
    connection.execute(
        "insert into ops.checks values (?, ?, ?, ?)",
        [datetime.now(UTC).replace(tzinfo=None), len(tests) - len(failed), len(failed), ", ".join(failed)],
    )


def record(connection: duckdb.DuckDBPyConnection, build: LastBuild, *, models: int, tests: int) -> None:
    """Notes a complete build. Only a complete one counts: an incomplete one is repeated from where the last complete one ended."""
    connection.execute(
        "insert into ops.builds values (?, ?, ?, ?, ?, ?, ?)",
        [
            datetime.now(UTC).replace(tzinfo=None),
            build.through_commit,
            build.through_batch,
            build.lake,
            build.fingerprint,
            models,
            tests,
        ],
    )


def note_runs(warehouse: Warehouse, runs: Mapping[str, tuple[object, ...]]) -> None:
    """Notes the runs of a shop's log that are not noted yet, and those that had not ended then. Who drops the warehouse finds them in the log.

    Args:
        runs: rows of `ops.runs` by the id of the run.

    Raises:
        LockedError: somebody else has the warehouse open.
    """
    with writer(warehouse) as connection:
        connection.execute(_RUNS)
        noted = {run for (run,) in connection.execute("select run_id from ops.runs where ended_at is not null").fetchall()}
        if new := [row for run, row in runs.items() if run not in noted]:
            connection.executemany("insert or replace into ops.runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", new)
