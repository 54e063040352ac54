"""Contracts and systems as frozen values, and the words that they may use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fondaco.contracts.formats import FileFormat

#: Types that a declaration may name; all of them exist under these names in DuckDB and in Snowflake.
SCALAR_TYPES = frozenset({"varchar", "bigint", "boolean", "date", "timestamp", "timestamptz", "double"})
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")

CLASSIFICATIONS = frozenset(
    {
        "public",
        "internal",
        "identifier",
        "pii.email",
        "pii.phone",
        "pii.name",
        "pii.address",
        "pii.birth_date",
        # made from what identifies a person without a secret, so that a guess can be confirmed by it
        "pii.pseudonym",
        "pii.free_text",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of a source table or of an entity.

    Attributes:
        type: a name of ``SCALAR_TYPES`` or ``decimal(p,s)``.
        nullable: False means that a row without a value is bad.
        optional: True means that a file may lack the column altogether; it is NULL then.
        pattern: regular expression that the whole raw text must match, where the type alone says too little.
        minimum: smallest good value, as text of the column's own type.
        format: strptime format of a date or timestamp, None means ISO 8601; for a boolean the words for true and for false,
            such as ``ja/nein`` or ``y|yes/n|no``, None means true, false, 1 and 0.
        decimal, thousands: the marks in a number that comes as text; no mark between thousands unless declared.
        classification: a name of ``CLASSIFICATIONS``; the policy speaks of these, never of columns.
    """

    name: str
    type: str
    nullable: bool = True
    optional: bool = False
    pattern: str | None = None
    minimum: str | None = None
    format: str | None = None
    decimal: str = "."
    thousands: str = ""
    description: str = ""
    classification: str = "internal"


@dataclass(frozen=True)
class Contract:
    """One entity: grain, key, cursor and columns, as silver and the policy know it."""

    entity: str
    description: str
    key: tuple[str, ...]
    cursor: str | None
    history: Literal["scd2", "current"]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Parent:
    """A child table without a cursor of its own changes when its parent does."""

    table: str
    on: str


@dataclass(frozen=True)
class SoftDelete:
    """A column that says that its row was deleted, while the row is still there.

    Attributes:
        when: values, as text, that say so; empty: true of a boolean, any value of another column.
    """

    column: str
    when: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table of a source, as the system has it.

    Attributes:
        key: columns that name a row; empty for an append-only log whose rows have no name (file and row do).
        cursor: column with the source's time of last change; None if the table has none.
        parent: for a child without a cursor, the table through which it changes.
        deletes: how a row that is gone shows: ``none``, or ``sweep`` (keys are compared).
        soft: how a row says so itself; None if none does. Either, both or neither may be.
        files: glob of the table's files below the source's folder; None for a table of a database.
        format: how those files are written.
        other_columns: what becomes of the source's other columns: ``land`` and report them, as `quality.on_new_column` says, or
            ``leave_out``, for a system whose tables hold much that is known and not wanted, such as passwords.
        person: column with the id of the customer whose row it is, as the system's customers have it; None where a row is told to be
            hers by its e-mail or its parent alone.
        holds_accounts: whether its rows are the customers themselves, whose e-mails are hers.
        figures: rows whose free text is a figure or a code that the models read, by column: it stays when a person is forgotten.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    cursor: str | None = None
    parent: Parent | None = None
    deletes: Literal["none", "sweep"] = "none"
    files: str | None = None
    format: FileFormat | None = None
    soft: SoftDelete | None = None
    other_columns: Literal["land", "leave_out"] = "land"
    person: str | None = None
    holds_accounts: bool = False
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def takes(self, name: str) -> bool:
        """Whether a column of the source is read: a declared one always."""
        return self.other_columns == "land" or any(column.name == name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)

    @property
    def personal(self) -> tuple[Column, ...]:
        """The columns that tell of a person."""
        return tuple(column for column in self.columns if column.classification.startswith("pii."))

    @property
    def emails(self) -> tuple[Column, ...]:
        """The columns that hold e-mail addresses."""
        return tuple(column for column in self.columns if column.classification == "pii.email")


@dataclass(frozen=True)
class System:
    """A kind of shop system: its tables, its clock and its money.

    Attributes:
        zone: IANA time zone of timestamps that carry none.
        currency: ISO 4217 code where the tables name none; None if they always do.
        reporting_currency: ISO 4217 code of the currency that its exchange rates convert into.
        entities: the entities that warehouse/models/staging/<system>/ maps.
        engine: the database that such a shop runs on, as a source's ``type`` names it; None if it comes as files, or is simulated.
    """

    name: str
    description: str
    zone: str
    currency: str | None
    entities: tuple[str, ...]
    tables: Mapping[str, Table]
    reporting_currency: str | None = None
    tested_with: str = ""
    engine: Literal["postgres", "mysql", "sqlite"] | None = None

    def dated(self, table: Table) -> Table | None:
        """The table whose cursor tells when this one's rows change: itself, a parent, or none."""
        while table.cursor is None and table.parent is not None:
            table = self.tables[table.parent.table]
        return table if table.cursor is not None else None


def is_number(text: str) -> bool:
    """Whether values of this type are numbers."""
    return text in ("bigint", "double") or _DECIMAL.fullmatch(text) is not None


def is_type(text: str) -> bool:
    """Whether a declaration may use this type."""
    return text in SCALAR_TYPES or _DECIMAL.fullmatch(text) is not None


def decimal_parts(text: str) -> tuple[int, int] | None:
    """Precision and scale of ``decimal(p,s)``, None for any other type."""
    match = _DECIMAL.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None
