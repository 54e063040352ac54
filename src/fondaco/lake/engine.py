"""DuckDB as the lake's workhorse: typing, hashing and Parquet, in memory and bounded."""

from __future__ import annotations

from pathlib import Path

import duckdb

#: Enough for the largest piece of a batch several times over; DuckDB spills beyond it.
_MEMORY = "1GB"


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory, in UTC, that keeps the order of rows."""
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill), "preserve_insertion_order": True})
    connection.execute("set TimeZone = 'UTC'")
    # the engine would draw on standard output, which may be a document for a program
    connection.execute("set enable_progress_bar = false")
    return connection
