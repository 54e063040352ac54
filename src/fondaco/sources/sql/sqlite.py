"""SQLite: any column may hold anything, so every value comes as text from which it can be told exactly.

The snapshot is one read transaction of SQLite itself; in a database that is not in WAL mode, writers wait until it ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from fondaco.contracts import Column
from fondaco.sources.sql.dialect import Advice, CursorKind, Engine, Found, Item, Query, literal

_ROWS_AT_ONCE = 2_000
#: Seconds to wait for somebody who is writing.
_PATIENCE = 10.0


class SqliteEngine:
    """Python's own reader: DuckDB's opens another connection for every query, which sees another state (measured, 1.5.5)."""

    errors = (sqlite3.Error,)

    def __init__(self, path: Path) -> None:
        address = f"file:{quote(str(path))}?mode=ro"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE, check_same_thread=False)
        self._connection.create_function("exact_real", 1, repr, deterministic=True)

    def begin(self) -> None:
        self._connection.execute("begin")
        # the first read pins the snapshot that every later one sees
        self._connection.execute("select count(*) from sqlite_master").fetchall()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        self._connection.text_factory = str
        return self._connection.execute(query).fetchall()

    def records(self, query: str) -> list[dict[str, Any]]:
        found = self._connection.execute(query)
        return [dict(zip((column[0] for column in found.description), row, strict=True)) for row in found.fetchall()]

    def batches(self, outputs: Sequence[tuple[str, str]], query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
        self._connection.text_factory = bytes
        cursor = self._connection.execute(query.sql())
        # few at a time: their objects are made, read and freed while they lie in the processor's cache (a quarter less at 2,000)
        while rows := cursor.fetchmany(min(batch_rows, _ROWS_AT_ONCE)):
            # not yet known to be UTF-8
            columns = [pa.array(values, pa.binary()).view(pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, names=[name for _, name in outputs])

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Sqlite:
    """A SQLite file."""

    path: Path

    name = "SQLite"
    counts_cheaply = True
    clock_table = "shop_clock"  # a simulated shop has a clock of its own
    secrets = ()
    advice = (
        Advice("locked", "wait for whoever is writing it"),
        Advice("not a database", "see whether path names a SQLite database"),
    )

    @property
    def place(self) -> str:
        return str(self.path)

    def probe(self, patience: float) -> None:  # noqa: ARG002
        if not self.path.is_file():
            raise FileNotFoundError(f"{self.path} is not there")
        with self.path.open("rb"):
            pass

    def engine(self) -> Engine:
        return SqliteEngine(self.path)

    def clock(self) -> str:
        return "select now from shop_clock"

    def tables(self) -> str:
        return "select name from sqlite_master where type in ('table', 'view')"

    def columns(self, table: str) -> str:
        return f'select name, type, "notnull" from pragma_table_info({literal(table)})'

    def found(self, row: Sequence[Any]) -> Found:
        name, detail, is_required = row
        return Found(str(name), "any", nullable=not is_required, detail=str(detail))

    def width(self, table: str) -> None:  # noqa: ARG002
        return None

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def named(self, table: str) -> str:
        return self.quoted(table)

    def item(self, found: Found, column: Column | None, zone: str) -> Item:  # noqa: ARG002
        return Item(found.name, _exact_text(self.quoted(found.name)))

    def cursor_kind(self, found: Found, declared: str) -> CursorKind:  # noqa: ARG002
        return "number" if declared == "bigint" else "text"

    def bound(self, value: datetime | int, kind: CursorKind) -> str:  # noqa: ARG002
        return str(value)

    def odd_text(self, items: Sequence[Item]) -> str:
        raise AssertionError(f"text can say everything: {items}")

    # --- what the doctor asks -----------------------------------------------------------------------------------------

    def version(self) -> str:
        return "select sqlite_version()"

    def zones(self) -> None:
        return None

    def entry(self) -> None:
        return None

    def relation(self, table: str) -> str:
        return f"select type from sqlite_master where name = {literal(table)}"

    def led_by(self, table: str) -> str:
        return f"""
            select c.name from pragma_index_list({literal(table)}) i, pragma_index_info(i.name) c where c.seqno = 0 and not i.partial
            union select name from pragma_table_info({literal(table)}) where pk = 1
        """

    def outside(self, table: str, ask: Callable[[str], list[tuple[Any, ...]]]) -> None:  # noqa: ARG002
        return None

    def writable(self) -> None:
        return None  # the file is opened read-only, whatever its mode

    def to_index(self, table: str, column: str, *, is_partitioned: bool) -> str:  # noqa: ARG002
        return f"CREATE INDEX {self.quoted(f'{table}_{column}_idx')} ON {self.named(table)} ({self.quoted(column)});"

    def to_grant(self, table: str | None) -> str:  # noqa: ARG002
        return f"give this user read permission on {self.path}"

    def is_replica(self) -> None:
        return None

    def replication(self, version: str) -> None:  # noqa: ARG002
        return None

    def behind(self, state: Mapping[str, Any]) -> float | None:
        raise AssertionError(f"a file follows nobody: {state}")

    def to_ask_replication(self) -> str:
        raise AssertionError("a file follows nobody")


def _exact_text(column: str) -> str:
    """SQL for a value as text from which it can be told exactly.

    SQLite's own text of a REAL keeps 15 digits only, and its text of 17 is not exact for very large and very small ones (before 3.43).
    """
    short, long = f"printf('%!.15g', {column})", f"printf('%!.17g', {column})"
    ordinary = f"case when cast({short} as real) = {column} then {short} else {long} end"
    is_ordinary = f"abs({column}) between 1e-5 and 1e15 or {column} = 0 or abs({column}) > 1.7976931348623157e308"
    real = f"case when {is_ordinary} then {ordinary} else exact_real({column}) end"
    return f"case typeof({column}) when 'real' then {real} when 'blob' then 'x''' || hex({column}) || '''' else cast({column} as text) end"
