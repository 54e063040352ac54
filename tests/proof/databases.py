"""The shop's database, as the script writes it and as a run opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fondaco.sources import Source
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql import sqlite as reader
from tests.proof.script import CREATE, OVERLAP, SYSTEM, TABLES, Write


def upserts(writes: Sequence[Write], placeholder: str) -> list[tuple[str, tuple[object, ...]]]:
    """Each write as statements that leave the row as it should be."""
    keys = {table.name: table.key for table in TABLES}
    found = list[tuple[str, tuple[object, ...]]]()
    for table, key, row in writes:
        where = " and ".join(f"{name} = {placeholder}" for name in keys[table])
        found.append((f"delete from {table} where {where}", key))
        if row is not None:
            found.append((f"insert into {table} values ({', '.join(placeholder for _ in row)})", row))
    return found


class Sqlite:
    """A SQLite file in WAL mode."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = off")
        for statement in CREATE:
            self._connection.execute(statement.format(time="text"))

    def apply(self, writes: Sequence[Write]) -> None:
        self._connection.execute("begin immediate")
        for statement, values in upserts(writes, "?"):
            self._connection.execute(statement, values)
        self._connection.execute("commit")


def open_sqlite(path: Path) -> Source:
    return SqlDatabase("proof", SYSTEM, reader.Sqlite(path), overlap=OVERLAP, sweep=timedelta(), max_delete_share=1.0)
