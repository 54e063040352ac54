"""What the engines say differently, and a column as it is read from one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import pyarrow as pa

from fondaco.contracts import Column

#: How a cursor is written: an instant, a time or a day of the system's zone, a number, or text that holds one of the former.
CursorKind = Literal["instant", "naive", "day", "number", "text"]

#: Times that our types hold: years of four digits. Others (infinity, BC, zero dates) come as text.
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


@dataclass(frozen=True)
class Found:
    """A column in the source's catalogue.

    Attributes:
        kind: base name of its type, lower case, such as ``numeric``.
        precision, scale: of a decimal; None if it has none. ``precision`` is also the length of a bit string.
        nullable: whether the source allows NULL.
        readable: whether this user may read it.
        detail: the whole type as the source writes it.
        collation: of a text, where it matters how it is read.
    """

    name: str
    kind: str
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True
    readable: bool = True
    detail: str = ""
    collation: str = ""


@dataclass(frozen=True)
class Item:
    """One column of a select list.

    Attributes:
        name: of the column.
        inner: its value, in the SQL of the source.
        outer: the same in DuckDB, with ``{}`` for what the source gave.
        odd: predicate of the source for values that no type of ours holds; None if there can be none.
        text: exact text of such a value, in the SQL of the source.
    """

    name: str
    inner: str
    outer: str = "{}"
    odd: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Query:
    """Rows of one table, in the SQL of the source.

    Attributes:
        select: the select list; its columns are named c0, c1, …
        table: the table's name in the catalogue, and as SQL.
        condition: which rows.
    """

    select: str
    table: tuple[str, str]
    condition: str = "true"

    def sql(self) -> str:
        return f"select {self.select} from {self.table[1]} where {self.condition}"


@dataclass(frozen=True)
class Advice:
    """What to do about an error of the source, found by a part of its message."""

    sign: str
    hint: str


@dataclass(frozen=True)
class Entry:
    """A right that comes before those on tables.

    Attributes:
        query: gives ``true`` or ``false``, nothing where there is no such thing.
        what: it opens.
        fix: the statement that grants it.
    """

    query: str
    what: str
    fix: str


class Engine(Protocol):
    """What runs SQL at the source, in one snapshot. Nothing may be asked of it while a stream is open."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What it raises when the source fails."""

    def begin(self) -> None:
        """Connects, and takes the snapshot."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The few rows of a query."""

    def records(self, query: str) -> list[dict[str, Any]]:
        """The few rows of a statement whose columns are known by name alone."""

    def batches(self, outputs: Sequence[tuple[str, str]], query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows of a query, in bounded memory; `outputs` are (expression over its columns c0, c1, …, name)."""

    def interrupt(self) -> None:
        """Ends what is running; called from another thread."""

    def close(self) -> None:
        """Ends the snapshot."""


class Dialect(Protocol):
    """One engine, and one database of it."""

    @property
    def name(self) -> str:
        """Name of the engine, for people."""

    @property
    def place(self) -> str:
        """Where the database is, for people; without user and password."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Words that may stand in no message."""

    @property
    def advice(self) -> Sequence[Advice]:
        """What its errors mean."""

    @property
    def counts_cheaply(self) -> bool:
        """Whether counting the rows of a table costs little beside reading them."""

    @property
    def clock_table(self) -> str | None:
        """A table that must be there for the database to have a clock; None if it always has one."""

    def probe(self, patience: float) -> None:
        """Raises OSError if nobody answers there within so many seconds."""

    def engine(self) -> Engine:
        """What reads it; nothing is opened yet."""

    def clock(self) -> str:
        """Query: the source's own time as text, naive UTC."""

    def tables(self) -> str:
        """Query: names of all tables that there are."""

    def columns(self, table: str) -> str:
        """Query: the table's columns, as `found` reads them."""

    def found(self, row: Sequence[Any]) -> Found:
        """A row of `columns`."""

    def width(self, table: str) -> str | None:
        """Query: bytes of an average row, roughly; None if the source does not know."""

    def quoted(self, name: str) -> str:
        """A name as SQL."""

    def named(self, table: str) -> str:
        """A table as SQL."""

    def item(self, found: Found, column: Column | None, zone: str) -> Item:
        """How a column is read: exactly, in a type that the declared one takes without loss.

        Args:
            column: as declared; None if nobody has.
            zone: IANA zone of times that carry none.
        """

    def cursor_kind(self, found: Found, declared: str) -> CursorKind:
        """How a cursor column is written."""

    def bound(self, value: datetime | int, kind: CursorKind) -> str:
        """A bound of a cursor as SQL, for any kind but text."""

    def odd_text(self, items: Sequence[Item]) -> str:
        """SQL: a JSON object of the exact texts of these columns."""

    # --- what the doctor asks -----------------------------------------------------------------------------------------

    def version(self) -> str:
        """Query: the server's version."""

    def zones(self) -> str | None:
        """Query: the server's time zone, and that of our session; None if it has none."""

    def entry(self) -> Entry | None:
        """What the user needs before any table; None if nothing."""

    def relation(self, table: str) -> str:
        """Query: ``table``, ``partitioned`` or ``view``."""

    def led_by(self, table: str) -> str:
        """Query: the first column of each index that serves a range of any of its values."""

    def outside(self, table: str, ask: Callable[[str], list[tuple[Any, ...]]]) -> tuple[str, str] | None:
        """Why the table is not read in the snapshot of the others, and what to do; None if it is."""

    def writable(self) -> str | None:
        """Query: what the user may write; None if that is not to be asked."""

    def to_index(self, table: str, column: str, *, is_partitioned: bool) -> str:
        """The statement that makes an index."""

    def to_grant(self, table: str | None) -> str:
        """The statement that lets the user read a table; None: a user of its own read all of them."""

    def is_replica(self) -> str | None:
        """Query: whether this server looks like a replica, to anybody; None if that cannot be."""

    def replication(self, version: str) -> str | None:
        """Statement: a row for each server that this one follows; None if there is no such thing."""

    def behind(self, state: Mapping[str, Any]) -> float | None:
        """Seconds behind, of a row of `replication`; None if it does not follow at present."""

    def to_ask_replication(self) -> str:
        """The statement that lets the user ask `replication`."""


def literal(text: str) -> str:
    """A text as SQL; none of ours has a backslash."""
    return "'" + text.replace("'", "''") + "'"
