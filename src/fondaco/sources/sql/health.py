"""What the doctor asks of a database: reach, rights, tables and columns, indexes, clock, replication. Each finding names the fix.

The engines' own questions are in the dialects; what an answer means is here. Nothing is written, and no row of a table is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from fondaco.contracts import Column, System, Table, decimal_parts
from fondaco.errors import SourceError, did_you_mean
from fondaco.sources.sql.condition import parents
from fondaco.sources.sql.dialect import Dialect, Found

if TYPE_CHECKING:
    from fondaco.sources.sql.link import Link

_INTEGERS = frozenset({"int2", "int4", "int8", "tinyint", "smallint", "mediumint", "int", "bigint", "year"})
_TIMES = frozenset({"date", "datetime", "timestamp", "timestamptz"})
#: Kinds of the engines that can never be read as a type of ours. What comes as text can, if the text says so.
_NEVER: Mapping[str, frozenset[str]] = {
    "number": _TIMES | {"bytea", "json", "jsonb", "uuid", "blob", "longblob", "interval"},
    "time": _INTEGERS
    | {"numeric", "decimal", "money", "float4", "float8", "float", "double", "bool", "json", "jsonb", "uuid", "bytea", "blob"},
    "boolean": _TIMES | {"json", "jsonb", "uuid", "bytea", "blob", "longblob"},
}


@dataclass(frozen=True)
class Finding:
    """What was found, and the next step.

    Attributes:
        verdict: ``ok``; ``warn``: works, but look; ``bad``: a run would fail.
        fix: an order; a statement of SQL is meant for the source's own administrator.
    """

    verdict: Literal["ok", "warn", "bad"]
    said: str
    fix: str | None = None


@dataclass(frozen=True)
class Health:
    """One look at a database.

    Attributes:
        name: the source's name in fondaco.yml.
        link: an open snapshot of it.
        lag: how long a run waits for what was written last.
        ours: our time, naive UTC.
    """

    name: str
    system: System
    dialect: Dialect
    link: Link
    lag: timedelta
    ours: datetime

    def findings(self) -> Iterator[Finding]:
        """All that is worth saying, the server first. Raises SourceError if it stops answering."""
        yield self._server()
        yield from self._clock()
        yield from self._entry()
        names = {str(row[0]) for row in self.link.rows(self.dialect.tables())}
        readable, columns = list[Table](), 0
        for table in self.system.tables.values():
            found = [self.dialect.found(row) for row in self.link.rows(self.dialect.columns(table.name))]
            wrong = list(self._columns(table, found, names))
            yield from wrong
            if not any(finding.verdict == "bad" for finding in wrong):
                readable.append(table)
                columns += sum(table.takes(column.name) for column in found)
        if readable:
            yield Finding("ok", f"{self.name}: {len(readable)} of {len(self.system.tables)} tables can be read, with {columns} columns")
        for table in readable:
            yield from self._table(table)
        yield from self._indexes(readable)
        yield from self._writes()
        # last: a question that is refused ends the snapshot
        yield from self._replication()

    def _server(self) -> Finding:
        version = str(self.link.value(self.dialect.version()))
        zones = self.dialect.zones()
        said = f"{self.name}: {self.dialect.place}: answers, {self.dialect.name} {version}"
        if zones is not None:
            server, session = self.link.rows(zones)[0]
            said += f"; the server's time zone is {server}, ours there is {session}"
        return Finding("ok", said)

    def _clock(self) -> Iterator[Finding]:
        if self.dialect.clock_table is not None:
            return
        said = self.link.time(self.dialect.clock())
        if said is None:
            return
        apart = said - self.ours
        if abs(apart) > self.lag:
            which = "ahead of" if apart > timedelta(0) else "behind"
            yield Finding(
                "warn",
                f"{self.name}: the source's clock is {abs(apart).total_seconds():,.0f} s {which} ours ({said:%Y-%m-%d %H:%M:%S} UTC there)",
                "set the clock that is wrong (NTP): a run reads up to the source's own time",
            )
        else:
            yield Finding("ok", f"{self.name}: its time is {said:%Y-%m-%d %H:%M:%S} UTC, {abs(apart).total_seconds():.0f} s from ours")

    def _entry(self) -> Iterator[Finding]:
        entry = self.dialect.entry()
        if entry is not None and self.link.value(entry.query) == "false":
            yield Finding("bad", f"{self.name}: {entry.what} may not be used by its user", entry.fix)

    def _columns(self, table: Table, found: list[Found], names: set[str]) -> Iterator[Finding]:
        at = f"{self.name}.{table.name}"
        if not found:
            fix = f"see whether it is a {self.system.name!r} shop; if the table is there: {self.dialect.to_grant(table.name)}"
            yield Finding("bad", f"{at}: there is no such table, or its user may not see it{did_you_mean(table.name, sorted(names))}", fix)
            return
        if any(table.takes(column.name) and not column.readable for column in found):
            hidden = [column.name for column in found if table.takes(column.name) and not column.readable]
            what = "the table" if len(hidden) == len(found) else f"column {hidden[0]!r}"
            yield Finding("bad", f"{at}: {what} may not be read", self.dialect.to_grant(table.name))
        used = {*table.key, table.cursor, table.parent.on if table.parent else None}
        have = {column.name: column for column in found}
        for column in table.columns:
            declaration = f"the columns of {table.name} in systems/{self.system.name}.yml"
            if column.name not in have:
                is_needed = not column.nullable or column.name in used
                near = did_you_mean(column.name, [name for name in have if name not in {each.name for each in table.columns}])
                fix = f"bring it back, or change {declaration}"
                becomes = "this table would not be read" if is_needed else "it lands as NULL"
                yield Finding("bad" if is_needed else "warn", f"{at}: there is no column {column.name!r}{near}; {becomes}", fix)
            elif why := _misfit(have[column.name], column):
                yield Finding("warn", f"{at}: column {column.name!r} {why}; such rows go to quarantine", f"change {declaration}")

    def _table(self, table: Table) -> Iterator[Finding]:
        if (why := self.dialect.outside(table.name, self.link.rows)) is not None:
            yield Finding("warn", f"{self.name}.{table.name}: {why[0]}", why[1])

    def _indexes(self, tables: list[Table]) -> Iterator[Finding]:
        """A run costs what changed only where an index finds it."""
        wanted = dict[tuple[str, str], str]()
        for table in tables:
            if table.cursor is not None:
                wanted[table.name, table.cursor] = "a run reads the whole table to find what changed"
            for child, parent in zip((table, *parents(self.system, table)), parents(self.system, table), strict=False):
                assert child.parent is not None
                wanted.setdefault(
                    (child.name, child.parent.on), f"the rows of a {parent.name} that changed are looked for in the whole table"
                )
                wanted.setdefault((parent.name, parent.key[0]), f"the rows of {child.name} are tied to it by reading it whole")
        readable = {table.name for table in tables}
        for (name, column), cost in wanted.items():
            if name not in readable or (kind := self.link.value(self.dialect.relation(name))) == "view":
                continue
            if column not in {str(row[0]) for row in self.link.rows(self.dialect.led_by(name))}:
                said = f"{self.name}.{name}: no index begins with {column!r}: {cost}"
                yield Finding("warn", said, self.dialect.to_index(name, column, is_partitioned=kind == "partitioned"))

    def _writes(self) -> Iterator[Finding]:
        query = self.dialect.writable()
        if query is None:
            return
        rights = [str(row[0]) for row in self.link.rows(query)]
        if rights:
            some = ", ".join(rights[:3]) + (f" and {len(rights) - 3} more" if len(rights) > 3 else "")
            fix = f"a user that only reads suffices: {self.dialect.to_grant(None)}"
            yield Finding("warn", f"{self.name}: its user may write ({some}); fondaco never does", fix)

    def _replication(self) -> Iterator[Finding]:
        query = self.dialect.replication(str(self.link.value(self.dialect.version())))
        if query is None:
            return
        is_replica = self.dialect.is_replica()
        is_marked = is_replica is not None and str(self.link.value(is_replica)) in ("true", "1", "ON")
        try:
            states = self.link.records(query)
        except SourceError as error:
            if is_marked:
                yield Finding("warn", f"{self.name}: it is read-only and may be a replica; how far it is behind may not be asked: {error.message}",
                              self.dialect.to_ask_replication())  # fmt: skip
            return
        for state in states:
            yield self._behind(self.dialect.behind(state))

    def _behind(self, seconds: float | None) -> Finding:
        at = f"{self.name}: it is a replica"
        if seconds is None:
            return Finding(
                "warn", f"{at} that is not being replicated to: a run sees nothing new", "start replication there, or read the primary"
            )
        if timedelta(seconds=seconds) > self.lag:
            fix = f"set sources.{self.name}.lag above it, or read the primary: what arrives later than lag and overlap together is not seen"
            return Finding("warn", f"{at}, {seconds:,.0f} s behind; lag is {self.lag.total_seconds():,.0f} s", fix)
        return Finding("ok", f"{at}, {seconds:,.0f} s behind")


def _misfit(found: Found, declared: Column) -> str | None:
    """Why values of the source's type cannot all land in the declared one, as far as the types alone tell."""
    source = found.detail or found.kind
    decimal = decimal_parts(declared.type)
    family = "number" if decimal or declared.type in ("bigint", "double") else "time" if declared.type in _TIMES else declared.type
    if found.kind in _NEVER.get(family, frozenset()):
        return f"is {source}, declared {declared.type}"
    if found.precision is not None and found.scale is not None and found.kind in ("numeric", "decimal"):
        precision, scale = decimal or ((19, 0) if declared.type == "bigint" else (None, None))
        if precision is not None and scale is not None and (found.scale > scale or found.precision - found.scale > precision - scale):
            return f"is {source}, which holds more digits than {declared.type}"
    return None
