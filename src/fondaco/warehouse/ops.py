"""Which builds there were: kept in the warehouse itself, so that dropping it forgets them too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

_TABLE = """
create table if not exists ops.builds (
    built_at timestamp not null,    -- UTC
    through_commit bigint not null, -- every commit up to this number is in the tables
    fingerprint varchar not null,   -- of the rules that made them
    models bigint not null,
    tests bigint not null
)
"""


@dataclass(frozen=True)
class LastBuild:
    """The last complete build: all its models were made, all its tests passed."""

    through_commit: int
    fingerprint: str


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the record's table if there is none."""
    connection.execute("create schema if not exists ops")
    connection.execute(_TABLE)


def last_build(connection: duckdb.DuckDBPyConnection) -> LastBuild | None:
    """The last complete build, None in a warehouse that never had one."""
    there = connection.execute("select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'builds'").fetchone()
    if there is None:
        return None
    row = connection.execute(
        "select through_commit, fingerprint from ops.builds order by built_at desc, through_commit desc limit 1"
    ).fetchone()
    return LastBuild(row[0], row[1]) if row else None


def record(connection: duckdb.DuckDBPyConnection, *, through_commit: int, fingerprint: str, models: int, tests: int) -> None:
    """Notes a complete build. Only a complete one counts: an incomplete one is repeated from where the last complete one ended."""
    connection.execute(
        "insert into ops.builds values (?, ?, ?, ?, ?)",
        [datetime.now(UTC).replace(tzinfo=None), through_commit, fingerprint, models, tests],
    )
