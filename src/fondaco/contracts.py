"""What a shop is made of (contracts/) and what a real system's tables are (systems/), as frozen values.

A contract describes an entity as the warehouse knows it; a system describes the tables that a source really has.
The mapping from one to the other is SQL (warehouse/models/staging/<system>/), not anything here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from fondaco.errors import DeclarationError, did_you_mean

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
        format: strptime format of a date or timestamp; None means ISO 8601.
        classification: a name of ``CLASSIFICATIONS``; the policy speaks of these, never of columns.
    """

    name: str
    type: str
    nullable: bool = True
    optional: bool = False
    pattern: str | None = None
    minimum: str | None = None
    format: str | None = None
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
class FileFormat:
    """How the files of a table are written; declared, never guessed.

    Attributes:
        kind: ``csv``, ``jsonl`` or ``parquet``, for files whose name does not end in one of these.
    """

    kind: Literal["csv", "jsonl", "parquet"]
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Parent:
    """A child table without a cursor of its own changes when its parent does."""

    table: str
    on: str


@dataclass(frozen=True)
class Table:
    """One table of a source, as the system has it.

    Attributes:
        key: columns that name a row; empty for an append-only log whose rows have no name (file and row do).
        cursor: column with the source's time of last change; None if the table has none.
        parent: for a child without a cursor, the table through which it changes.
        deletes: ``none``, ``sweep`` (compare keys) or ``soft:<column>``.
        files: glob of the table's files below the source's folder; None for a table of a database.
        format: how those files are written.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    cursor: str | None = None
    parent: Parent | None = None
    deletes: str = "none"
    files: str | None = None
    format: FileFormat | None = None

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class System:
    """A kind of shop system: its tables, its clock and its money.

    Attributes:
        zone: IANA time zone of timestamps that carry none.
        currency: ISO 4217 code where the tables name none; None if they always do.
        reporting_currency: ISO 4217 code of the currency that its exchange rates convert into.
        entities: the entities that warehouse/models/staging/<system>/ maps.
    """

    name: str
    description: str
    zone: str
    currency: str | None
    entities: tuple[str, ...]
    tables: Mapping[str, Table]
    reporting_currency: str | None = None
    tested_with: str = ""


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Reads ``contracts/*.yml``, one entity each, by entity name.

    Raises:
        DeclarationError: a file is not YAML, a name is unknown or a value is wrong; it names file and line.
    """
    contracts = (_contract(_Node.read(path)) for path in sorted(folder.glob("*.yml")))
    return {contract.entity: contract for contract in contracts}


def load_system(folder: Path, name: str) -> System:
    """Reads ``systems/<name>.yml``.

    Raises:
        DeclarationError: there is no such system, or its file is wrong; it names file and line.
    """
    path = folder / f"{name}.yml"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.yml"))
        raise DeclarationError(
            f"system {name!r} is not known{did_you_mean(name, known)}",
            where=str(path),
            hint=f"known systems: {', '.join(known)}; a new one is a file in systems/ and a folder in warehouse/models/staging/",
        )
    return _system(_Node.read(path))


def is_type(text: str) -> bool:
    """Whether a declaration may use this type."""
    return text in SCALAR_TYPES or _DECIMAL.fullmatch(text) is not None


def decimal_parts(text: str) -> tuple[int, int] | None:
    """Precision and scale of ``decimal(p,s)``, None for any other type."""
    match = _DECIMAL.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


# --- reading YAML with line numbers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Node:
    """A YAML mapping that knows where each of its values stands."""

    path: Path
    line: int
    values: Mapping[str, tuple[Any, int]]

    @classmethod
    def read(cls, path: Path) -> _Node:
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            raise DeclarationError(f"{path.name} is not YAML: {error}", where=f"{path}{line}") from error
        node = cls._convert(path, root)
        if not isinstance(node, _Node):
            raise DeclarationError(f"{path.name} holds no mapping", where=str(path))
        return node

    @classmethod
    def _convert(cls, path: Path, node: yaml.Node | None) -> Any:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(key.value): (cls._convert(path, value), key.start_mark.line + 1) for key, value in node.value}
            return cls(path, node.start_mark.line + 1, pairs)
        if isinstance(node, yaml.SequenceNode):
            return [cls._convert(path, item) for item in node.value]
        return None if node is None else yaml.SafeLoader("").construct_object(node)

    def only(self, *names: str) -> _Node:
        for name, (_, line) in self.values.items():
            if name not in names:
                raise self.error(f"{name!r} is not a setting here{did_you_mean(name, list(names))}", line)
        return self

    def get(self, name: str, default: Any = None) -> Any:
        return self.values[name][0] if name in self.values else default

    def need(self, name: str) -> Any:
        if name not in self.values or self.values[name][0] is None:
            raise self.error(f"{name!r} is missing", self.line)
        return self.values[name][0]

    def error(self, message: str, line: int | None = None) -> DeclarationError:
        return DeclarationError(f"{self.path.name}: {message}", where=f"{self.path}:{line or self.line}")

    def line_of(self, name: str) -> int:
        return self.values[name][1] if name in self.values else self.line


_COLUMN_SETTINGS = ("name", "type", "nullable", "optional", "pattern", "minimum", "format", "description", "classification")


def _contract(node: _Node) -> Contract:
    node.only("entity", "description", "key", "cursor", "parent", "history", "columns")
    columns = tuple(_column(item) for item in node.need("columns"))
    contract = Contract(
        entity=node.need("entity"),
        description=node.need("description"),
        key=tuple(node.need("key")),
        cursor=node.get("cursor"),
        history=node.need("history"),
        columns=columns,
    )
    _check_columns(node, contract.key + ((contract.cursor,) if contract.cursor else ()), columns)
    return contract


def _system(node: _Node) -> System:
    node.only("system", "description", "zone", "currency", "reporting_currency", "tested_with", "entities", "tables")
    tables = {name: _table(name, value) for name, (value, _) in node.need("tables").values.items()}
    for name, table in tables.items():
        if table.parent and table.parent.table not in tables:
            raise node.error(
                f"table {name!r} names a parent {table.parent.table!r} that is not described{did_you_mean(table.parent.table, list(tables))}"
            )
    return System(
        name=node.need("system"),
        description=node.need("description"),
        zone=node.need("zone"),
        currency=node.get("currency"),
        reporting_currency=node.get("reporting_currency"),
        tested_with=node.get("tested_with", ""),
        entities=tuple(node.need("entities")),
        tables=tables,
    )


def _table(name: str, node: _Node) -> Table:
    node.only("description", "key", "cursor", "parent", "deletes", "files", "format", "columns")
    columns = tuple(_column(value, name=column) for column, (value, _) in node.need("columns").values.items())
    parent, fmt = node.get("parent"), node.get("format")
    table = Table(
        name=name,
        description=node.need("description"),
        columns=columns,
        key=tuple(node.get("key") or ()),
        cursor=node.get("cursor"),
        parent=Parent(table=parent.need("table"), on=parent.need("on")) if parent else None,
        deletes=node.get("deletes") or "none",
        files=node.get("files"),
        format=FileFormat(**{key: value for key, (value, _) in fmt.only("kind", "delimiter", "quote", "encoding").values.items()})
        if fmt
        else None,
    )
    _check_columns(node, table.key + ((table.cursor,) if table.cursor else ()), columns)
    return table


def _column(node: _Node, name: str | None = None) -> Column:
    node.only(*_COLUMN_SETTINGS)
    column = Column(
        name=name or node.need("name"),
        type=str(node.need("type")).replace(" ", ""),
        nullable=node.get("nullable", True),
        optional=node.get("optional", False),
        pattern=node.get("pattern"),
        minimum=None if node.get("minimum") is None else str(node.get("minimum")),
        format=node.get("format"),
        description=node.get("description", ""),
        classification=node.get("classification", "internal"),
    )
    if not is_type(column.type):
        raise node.error(
            f"column {column.name!r} has the unknown type {column.type!r}{did_you_mean(column.type, sorted(SCALAR_TYPES))}",
            node.line_of("type"),
        )
    if column.classification not in CLASSIFICATIONS:
        known = sorted(CLASSIFICATIONS)
        raise node.error(
            f"column {column.name!r} has the unknown classification {column.classification!r}{did_you_mean(column.classification, known)}",
            node.line_of("classification"),
        )
    return column


def _check_columns(node: _Node, used: tuple[str, ...], columns: tuple[Column, ...]) -> None:
    known = [column.name for column in columns]
    for name in used:
        if name not in known:
            raise node.error(f"column {name!r} is used as key or cursor but not described{did_you_mean(name, known)}")
