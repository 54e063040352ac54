"""A shop's SQLite database: one snapshot for all tables of a run, every value as exact text, in bounded memory.

The snapshot is one read transaction of SQLite itself; in a database that is not in WAL mode, writers wait until it ends.

A reader of another database has the same shape: a window for tables with a cursor, the parent's window for their children,
the whole table where there is neither, and all keys for finding deletes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from fondaco.contracts import System, Table
from fondaco.errors import SourceError, did_you_mean
from fondaco.sources.base import FILE, RESERVED, ROW, Keys, Position, Pull, Reject, Span
from fondaco.sources.window import Window, moment, window_of

_ROWS_PER_BATCH = 20_000
#: Seconds to wait for somebody who is writing.
_PATIENCE = 10.0


class SqliteDatabase:
    """A shop in a SQLite file, read only.

    Args:
        name: the source's name in fondaco.yml.
        system: the system whose tables the database has.
        path: the file.
        lag: what was written in the source's last moments waits for the next run, because its transaction may be open.
        overlap: how far before the last cursor a run reads again; rows that landed are dropped by the lake.
        sweep: how often, in the source's own time, keys are compared to find deletes.
        max_delete_share: share of a table's rows above which a comparison is not believed.
        now: our clock, for a database without a clock of its own (table ``shop_clock``).
    """

    def __init__(
        self,
        name: str,
        system: System,
        path: Path,
        *,
        lag: timedelta = timedelta(minutes=2),
        overlap: timedelta = timedelta(minutes=10),
        sweep: timedelta = timedelta(days=1),
        max_delete_share: float = 0.2,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.system = system
        self._path = path
        self._lag, self._overlap, self._sweep = lag, overlap, sweep
        self._max_delete_share = max_delete_share
        self._now = now
        self._opened: tuple[sqlite3.Connection, datetime] | None = None

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        """What changed in the table's window; the whole table at first, and always if nothing says what changed.

        Args:
            span: read the rows of this time instead, wherever the table stands; it then stays there.

        Raises:
            SourceError: the file, the table or a required column is missing, or the file is no SQLite database.
        """
        with self._explained():
            found = self._columns(table)
            window = self._window(table, position)
            if span is not None:
                window = _Asked(window, span) if window is not None else None
            where, values = self._condition(table, window, is_first=position is None and span is None)
            count = self._one(f"select count(*) from {_quoted(table.name)} where {where}", values)
            if not count and (position is not None or span is not None):
                return
            pull = self._pull(table, Position() if span else position, window, found, (where, values), int(count))
            pull.moves = span is None
            yield pull

    def keys(self, table: Table, position: Position | None) -> Keys | None:
        """All keys, if the table's deletes are found by comparing and the last comparison is old enough."""
        if table.deletes != "sweep" or not table.key:
            return None
        with self._explained():
            clock = self.clock()
            swept = moment(position.swept_at) if position and position.swept_at else None
            if swept is not None and clock - swept < self._sweep:
                return None
            return Keys(self._key_batches(table), clock, self._max_delete_share)

    def notes(self) -> list[str]:
        """Nothing beyond what the tables say."""
        return []

    def close(self) -> None:
        """Ends the snapshot."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def clock(self) -> datetime:
        """The source's own time when the snapshot was taken, naive UTC."""
        return self._snapshot()[1]

    def _snapshot(self) -> tuple[sqlite3.Connection, datetime]:
        if self._opened is None:
            if not self._path.is_file():
                raise SourceError(
                    f"the database of source {self.name!r} is not there",
                    where=str(self._path),
                    hint=f"set sources.{self.name}.path to the SQLite file",
                )
            connection = sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, isolation_level=None, timeout=_PATIENCE)
            connection.text_factory = bytes
            connection.execute("begin")
            try:
                # the first read pins the snapshot that every later one sees
                has_clock = connection.execute("select count(*) from sqlite_master where name = 'shop_clock'").fetchone()[0]
                said = connection.execute("select now from shop_clock").fetchone() if has_clock else None
            except sqlite3.Error:
                connection.close()
                raise
            clock = moment(said[0].decode()) if said and said[0] else None
            self._opened = connection, clock or self._now().astimezone(UTC).replace(tzinfo=None)
        return self._opened

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = (
                "wait for whoever is writing it" if "locked" in str(error) else f"see whether sources.{self.name}.path is a SQLite database"
            )
            raise SourceError(f"the database of source {self.name!r} cannot be read: {error}", where=str(self._path), hint=hint) from error

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self._snapshot()[0].execute(query, values).fetchone()
        return row[0] if row else None

    def _columns(self, table: Table) -> list[str]:
        """The table's columns at the source. Raises SourceError if a required one is missing."""
        connection = self._snapshot()[0]
        found = [row[1].decode() for row in connection.execute(f"pragma table_info({_quoted(table.name)})")]
        if not found:
            tables = [row[0].decode() for row in connection.execute("select name from sqlite_master where type in ('table', 'view')")]
            raise SourceError(
                f"source {self.name!r} has no table {table.name!r}{did_you_mean(table.name, tables)}",
                where=str(self._path),
                hint=f"see whether it is a {self.system.name!r} shop",
            )
        if taken := next((name for name in found if name.lower() in RESERVED), None):
            raise SourceError(f"{table.name} has a column {taken!r}, a name that the lake keeps for itself", where=str(self._path))
        used = {*table.key, table.cursor, table.parent.on if table.parent else None}
        required = [column.name for column in table.columns if not column.nullable or column.name in used]
        if lost := next((name for name in required if name not in found), None):
            declared = {column.name for column in table.columns}
            guess = did_you_mean(lost, [name for name in found if name not in declared]).replace("did you mean", "was it renamed to")
            raise SourceError(
                f"{table.name} has no column {lost!r} any more{guess}",
                where=str(self._path),
                hint=f"bring it back, or change the columns of {table.name} in systems/{self.system.name}.yml",
            )
        return found

    def _window(self, table: Table, position: Position | None) -> Window | None:
        """The bounds of the cursor that says what changed, None if nothing does."""
        dated = self._dated(table)
        if dated is None or dated.cursor is None:
            return None
        sample = self._one(
            f"select cast({_quoted(dated.cursor)} as text) from {_quoted(dated.name)} where {_quoted(dated.cursor)} > '' limit 1"
        )
        kind = dated.column(dated.cursor).type
        return window_of(
            kind, position.cursor if position else None, self.clock(), self._lag, self._overlap, (sample or b"").decode(errors="replace")
        )

    def _dated(self, table: Table) -> Table | None:
        """The table whose cursor tells when this one's rows change: itself, a parent, or none."""
        while table.cursor is None and table.parent is not None:
            table = self.system.tables[table.parent.table]
        return table if table.cursor is not None else None

    def _condition(self, table: Table, window: Window | None, is_first: bool) -> tuple[str, list[Any]]:
        """Which rows to read, as SQL and its values."""
        if window is None:
            return "true", []
        if table.cursor is not None:
            return window.condition(_quoted(table.cursor))
        assert table.parent is not None
        parent = self.system.tables[table.parent.table]
        key, on = _quoted(parent.key[0]), _quoted(table.parent.on)
        # at first also the rows whose parent is not there: later, only a change of the parent brings its children
        inside, values = (
            (window.outside if is_first else window.condition)(_quoted(parent.cursor))
            if parent.cursor
            else self._condition(parent, window, is_first)
        )
        if is_first and parent.cursor:
            return f"not exists (select 1 from {_quoted(parent.name)} as parent where parent.{key} = {on} and {inside})", values
        return f"{on} in (select {key} from {_quoted(parent.name)} where {inside})", values

    def _pull(
        self, table: Table, position: Position | None, window: Window | None, found: list[str], condition: tuple[str, list[Any]], count: int
    ) -> Pull:
        declared = [column.name for column in table.columns]
        lost = [name for name in declared if name not in found]
        is_first = position is None
        pull = Pull(
            identity=f"{self.name}|{table.name}|{window.text() if window else self.clock()}",
            batches=(),
            clock=self.clock(),
            step=Position(
                cursor=self._parents_cursor(table, window),
                # whoever reads the whole table for the first time has nothing to compare
                swept_at=f"{self.clock():%Y-%m-%d %H:%M:%S.%f}" if is_first and table.deletes == "sweep" else None,
            ),
            rows_read=count,
            overlaps="none" if is_first else "window" if table.cursor else "table",
            window=window.text() if window else None,
            notes=[f"{table.name}: the source has no column {name}; it lands as NULL" for name in lost],
        )
        pull.batches = self._batches(table, found, condition, pull.rejects)
        return pull

    def _parents_cursor(self, table: Table, window: Window | None) -> str | None:
        """Up to where a child was read: its parent's highest cursor in the window. Its own rows cannot tell."""
        dated = self._dated(table)
        if window is None or table.cursor is not None or dated is None or dated.cursor is None:
            return None
        inside, values = window.inside(_quoted(dated.cursor))
        highest = self._one(f"select max({_quoted(dated.cursor)}) from {_quoted(dated.name)} where {inside}", values)
        return None if highest is None else window.canonical(highest)

    def _batches(self, table: Table, found: list[str], condition: tuple[str, list[Any]], rejects: list[Reject]) -> Iterator[pa.RecordBatch]:
        items = ", ".join(_exact_text(_quoted(name)) for name in found)
        row = 1
        with self._explained():
            order = f" order by {', '.join(map(_quoted, table.key))}" if table.key else ""
            cursor = self._snapshot()[0].execute(f"select {items} from {_quoted(table.name)} where {condition[0]}{order}", condition[1])
            while rows := cursor.fetchmany(_ROWS_PER_BATCH):
                yield _batch(found, rows, row, rejects)
                row += len(rows)

    def _key_batches(self, table: Table) -> Iterator[pa.RecordBatch]:
        items = ", ".join(_exact_text(_quoted(name)) for name in table.key)
        with self._explained():
            cursor = self._snapshot()[0].execute(f"select {items} from {_quoted(table.name)}")
            while rows := cursor.fetchmany(_ROWS_PER_BATCH):
                yield _batch(list(table.key), rows, 1, [])


class _Asked(Window):
    """The part of the cursor's time that a person asked for: since <= cursor < until."""

    def __init__(self, window: Window, span: Span) -> None:
        super().__init__(window.kind, span.since, span.until, window.future, window.separator)

    def condition(self, column: str) -> tuple[str, list[Any]]:
        bounds = [(sign, self._text(at)) for sign, at in ((">=", self.low), ("<", self.high)) if at is not None]
        return " and ".join(f"{column} {sign} ?" for sign, _ in bounds) or "true", [text for _, text in bounds]

    def inside(self, column: str) -> tuple[str, list[Any]]:
        return self.condition(column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _exact_text(column: str) -> str:
    """SQL for a value as text from which it can be told exactly: SQLite's own text of a REAL keeps 15 digits only."""
    short, long = f"printf('%!.15g', {column})", f"printf('%!.17g', {column})"
    real = f"case when cast({short} as real) = {column} then {short} else {long} end"
    return f"case typeof({column}) when 'real' then {real} when 'blob' then 'x''' || hex({column}) || '''' else cast({column} as text) end"


def _batch(names: list[str], rows: list[tuple[bytes | None, ...]], first: int, rejects: list[Reject]) -> pa.RecordBatch:
    """Rows as strings; a row whose text is not UTF-8 is rejected."""
    numbers = list(range(first, first + len(rows)))
    try:
        columns = [pa.array(values, pa.binary()).cast(pa.string()) for values in zip(*rows, strict=True)]
    except pa.ArrowInvalid:
        rows, numbers = _without_garbled(names, rows, first, rejects)
        columns = [pa.array([row[index] for row in rows], pa.binary()).cast(pa.string()) for index in range(len(names))]
    place: list[pa.Array[Any]] = [pa.nulls(len(rows), pa.string()), pa.array(numbers, pa.int64())]
    return pa.RecordBatch.from_arrays([*columns, *place], names=[*names, FILE, ROW])


def _without_garbled(
    names: list[str], rows: list[tuple[bytes | None, ...]], first: int, rejects: list[Reject]
) -> tuple[list[tuple[bytes | None, ...]], list[int]]:
    kept, numbers = list[tuple[bytes | None, ...]](), list[int]()
    for number, row in enumerate(rows, start=first):
        garbled = next((name for name, value in zip(names, row, strict=True) if value is not None and not _is_utf8(value)), None)
        if garbled is None:
            kept.append(row)
            numbers.append(number)
        else:
            raw = {name: None if value is None else value.decode(errors="backslashreplace") for name, value in zip(names, row, strict=True)}
            rejects.append(
                Reject(None, number, "invalid_utf8", garbled, json.dumps(raw, ensure_ascii=False), f"{garbled} is no valid UTF-8")
            )
    return kept, numbers


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
