"""Which rows of a table a run reads, as SQL that an index on the cursor serves: by its own cursor, or through its parents'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fondaco.contracts import System, Table
from fondaco.sources.sql.dialect import Dialect, Found
from fondaco.sources.sql.window import Window


class Bounds(Protocol):
    """A part of a cursor's range."""

    def changed(self, column: str, is_nullable: bool) -> str: ...


def dated(system: System, table: Table) -> Table | None:
    """The table whose cursor tells when this one's rows change: itself, a parent, or none."""
    while table.cursor is None and table.parent is not None:
        table = system.tables[table.parent.table]
    return table if table.cursor is not None else None


def parents(system: System, table: Table) -> list[Table]:
    """The tables through which this one's changes are told, the nearest first; none if it has a cursor of its own."""
    found = list[Table]()
    while table.cursor is None and table.parent is not None:
        table = system.tables[table.parent.table]
        found.append(table)
    return found


@dataclass(frozen=True)
class Conditions:
    """Conditions on the rows of one system's tables.

    Attributes:
        cursors: the cursor column of each table that has one, as the source has it, by table.
    """

    system: System
    dialect: Dialect
    cursors: Mapping[str, Found]

    def first(self, table: Table, window: Window) -> str:
        """SQL for the rows of a first run: all but those that wait; of a child, also those whose parent is not there."""
        if table.cursor is not None:
            return self._changed(table, window, None)
        return f"not {self._waits(table, window, self.dialect.named(table.name), 1)}"

    def changed(self, table: Table, bounds: Bounds) -> str:
        """SQL for the rows that changed within the bounds."""
        return self._changed(table, bounds, None)

    def _changed(self, table: Table, bounds: Bounds, alias: str | None) -> str:
        quoted = self.dialect.quoted
        place = f"{alias}." if alias else ""
        if table.cursor is not None:
            return bounds.changed(f"{place}{quoted(table.cursor)}", self.cursors[table.name].nullable)
        assert table.parent is not None
        parent = self.system.tables[table.parent.table]
        above = f"p{len(parents(self.system, table))}"
        inside = self._changed(parent, bounds, above)
        return (
            f"{place}{quoted(table.parent.on)} in "
            f"(select {above}.{quoted(parent.key[0])} from {self.dialect.named(parent.name)} {above} where {inside})"
        )

    def _waits(self, table: Table, window: Window, place: str, depth: int) -> str:
        quoted = self.dialect.quoted
        if table.cursor is not None:
            return window.waits(f"{place}.{quoted(table.cursor)}")
        assert table.parent is not None
        parent, above = self.system.tables[table.parent.table], f"p{depth}"
        waiting = self._waits(parent, window, above, depth + 1)
        return (
            f"exists (select 1 from {self.dialect.named(parent.name)} {above} "
            f"where {above}.{quoted(parent.key[0])} = {place}.{quoted(table.parent.on)} and {waiting})"
        )
