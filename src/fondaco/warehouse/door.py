"""The one door to DuckDB: whoever needs the warehouse comes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from fondaco.errors import BuildError, LockedError, UsageError
from fondaco.settings import Warehouse
from fondaco.storage import Place, admit


@contextmanager
def writer(warehouse: Warehouse, lake: Place | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may write; the file is made if there is none, readable by its owner only.

    Args:
        lake: where bronze is, for statements that read it.

    Raises:
        LockedError: another process has the file open.
        BuildError: the file is no warehouse, or cannot be written.
    """
    path = Path(warehouse.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open(path, warehouse, lake, read_only=False) as connection:
        # whoever can read the file sees everything in it, whatever the policy says
        path.chmod(0o600)
        yield connection


@contextmanager
def reader(warehouse: Warehouse, lake: Place | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can change nothing.

    Args:
        lake: where bronze is, for questions that may read it.

    Raises:
        UsageError: there is no warehouse yet.
        LockedError: another process is writing.
    """
    path = Path(warehouse.path)
    _of_duckdb(warehouse)
    if not path.is_file():
        raise UsageError(f"there is no warehouse at {path}", hint="`fondaco run` makes one")
    with _open(path, warehouse, lake, read_only=True) as connection:
        yield connection


def _of_duckdb(warehouse: Warehouse) -> None:
    if warehouse.type != "duckdb":
        raise UsageError(
            "this works on a warehouse of DuckDB alone, and the one in force is on Snowflake",
            hint="ask Snowflake itself: people read the views of schema SERVE; docs/how-to/snowflake.md says what works there",
        )


@contextmanager
def _open(path: Path, warehouse: Warehouse, lake: Place | None, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    _of_duckdb(warehouse)
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": warehouse.memory_limit}
    if warehouse.threads:
        config["threads"] = warehouse.threads
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise LockedError(
                f"another process has {path.name} open", where=str(path), hint="wait for it to end, or close it, and call again"
            ) from error
        raise BuildError(
            f"the warehouse cannot be opened: {str(error).splitlines()[0]}",
            where=str(path),
            hint="if the file is damaged, delete it and run again: everything in it comes from the lake",
        ) from error
    try:
        if lake is not None:
            admit(connection, lake)
        yield connection
    finally:
        connection.close()
