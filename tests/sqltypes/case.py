"""What a case is: a column of a source, a declared type, and values with what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bad:
    """A value that the declared type cannot hold: its row goes to quarantine with the reason and the raw value."""

    reason: str
    value: str


@dataclass(frozen=True)
class Case:
    """A column that is declared, and read once more without being declared.

    Attributes:
        kind: its type at the source.
        declared: its declared type.
        values: (SQL of the source, what lands as declared, what lands undeclared).
        setup: what must be there before a table can have such a column; `kind` may name it.
        shown: the type in the docs; `kind` if empty.
    """

    kind: str
    declared: str
    values: tuple[tuple[str, Any, Any], ...]
    setup: str = ""
    shown: str = ""


def same(kind: str, declared: str, *pairs: tuple[str, Any], setup: str = "", shown: str = "") -> Case:
    """A column that lands alike whether it is declared or not."""
    return Case(kind, declared, tuple((written, value, value) for written, value in pairs), setup, shown)


def text(kind: str, *values: str, setup: str = "", shown: str = "") -> Case:
    """A column that lands as the very text that is written."""
    return same(kind, "varchar", *((literal(value), value) for value in values), setup=setup, shown=shown)


def literal(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"
