"""One piece of a batch: rows typed, held against what has landed, and told into good, known and bad ones.

Works in tables of one DuckDB connection: `piece` holds the rows as the source gave them, `typed` the same as declared with the
code of the first fault in `_fault`, `known` the positions of rows that had landed before, `bad` the quarantined rows.
Where the source's types are the declared ones, no row is bad and none can have landed before, `typed` is a view: such rows go from the
source's memory into Parquet in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from fondaco.contracts import Column, Table
from fondaco.lake import casts
from fondaco.lake.casts import literal, quoted
from fondaco.lake.known import POSITION as POSITION
from fondaco.lake.known import Landed
from fondaco.lake.tally import Tally
from fondaco.sources.base import FILE, ROW, Reject

#: A cursor further than this beyond the source's own clock lies in the future and moves no watermark.
FUTURE = timedelta(days=1)
#: Rows that a note names: enough to find them, few enough to read.
EXAMPLES = 3
#: More batches than this in a piece are many small files.
MANY_BATCHES = 16
_TIMES = ("timestamp", "timestamptz", "date")

_BAD = f"""
create or replace temp table bad (
    reason varchar, detail varchar, "column" varchar, value varchar, raw varchar, faults varchar,
    {FILE} varchar, {ROW} bigint, {POSITION} bigint
)
"""


@dataclass(frozen=True)
class Shape:
    """The columns of a piece.

    Attributes:
        found: those that came, by DuckDB type.
        drift: those among them that the system does not declare.
        full: those that hold no NULL in this piece.
    """

    table: Table
    found: dict[str, str]
    drift: tuple[tuple[str, str], ...]
    full: frozenset[str]

    @classmethod
    def of_piece(cls, connection: duckdb.DuckDBPyConnection, table: Table, full: frozenset[str]) -> Shape:
        described = connection.execute("select column_name, column_type from (describe piece)").fetchall()
        found = {name: "VARCHAR" if kind == '"NULL"' else kind for name, kind in described if name not in (FILE, ROW, POSITION)}
        declared = {column.name for column in table.columns}
        return cls(table, found, tuple(sorted((name, kind) for name, kind in found.items() if name not in declared)), full)

    def without_drift(self) -> Shape:
        return replace(self, drift=())

    def columns(self) -> tuple[tuple[str, str], ...]:
        """The table's own columns as they land."""
        return tuple((column.name, column.type) for column in self.table.columns) + self.drift

    def values(self) -> str:
        """Query over `piece`: each declared column typed under its name and raw under `_raw_<index>`, and the rest as it is."""
        items = list[str]()
        for index, column in enumerate(self.table.columns):
            raw = f"cast({quoted(column.name)} as {self.found[column.name]})" if column.name in self.found else "cast(null as varchar)"
            items += [
                f"{casts.typed(column, raw, self.found.get(column.name, 'VARCHAR'))} as {quoted(column.name)}",
                f"{raw} as _raw_{index}",
            ]
        items += [f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in self.drift]
        return f"select {', '.join(items)}, {FILE}, {ROW}, {POSITION} from piece"

    def faults(self) -> list[tuple[Column, str, str]]:
        """(column, reason code or NULL, raw text) of each declared column, over `values`."""
        return [(column, self._fault(index, column), f"cast(_raw_{index} as varchar)") for index, column in enumerate(self.table.columns)]

    def is_as_declared(self) -> bool:
        """Whether the source's own types are the declared ones, so that looking for faults costs next to nothing."""
        return all(self._fits(column) and column.pattern is None for column in self.table.columns)

    def typed(self, *, is_hashed: bool) -> str:
        """Query over `piece`: the columns as they land, their hash if it is needed, and the first fault."""
        items = [*(quoted(name) for name, _ in self.columns()), FILE, ROW, POSITION]
        if is_hashed:
            items.append(f"{casts.row_hash(((name, kind, quoted(name)) for name, kind in self.columns()), self.full)} as _row_hash")
        faults = ", ".join(fault for _, fault, _ in self.faults())
        return f"select {', '.join(items)}, coalesce({faults}) as _fault from ({self.values()})"

    def _fits(self, column: Column) -> bool:
        return column.name not in self.found or casts.always_fits(column, self.found[column.name])

    def _fault(self, index: int, column: Column) -> str:
        fits, full = self._fits(column), column.name in self.full
        return casts.fault(column, column.name in self.table.key, f"_raw_{index}", quoted(column.name), fits=fits, full=full)


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table of bad rows empty."""
    connection.execute(_BAD)


def load_piece(connection: duckdb.DuckDBPyConnection, table: Table, batches: Sequence[pa.RecordBatch], first_position: int) -> Shape:
    """Makes the batches the table `piece`, numbered on from `first_position` and without what is to be left out, and says what it holds."""
    rows = pa.concat_tables([pa.Table.from_batches([batch]) for batch in batches], promote_options="default")
    rows = rows.select([name for name in rows.column_names if name in (FILE, ROW) or table.takes(name)])
    if len(batches) > MANY_BATCHES:
        rows = rows.combine_chunks()  # each batch costs the engine a chunk of its own, in every query over the piece
    numbers = pa.arange(first_position, first_position + rows.num_rows)  # type: ignore[attr-defined]  # the stubs are older
    connection.register("piece", rows.append_column(POSITION, numbers))
    return Shape.of_piece(connection, table, frozenset(name for name in rows.column_names if not rows[name].null_count))


def drop_piece(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the piece's memory back before the next one is read."""
    connection.execute("drop view typed")
    connection.execute("drop table if exists kept")
    connection.unregister("piece")


def type_piece(connection: duckdb.DuckDBPyConnection, shape: Shape, *, is_compared: bool) -> None:
    """Makes `typed` from `piece`, and `known` empty.

    Args:
        is_compared: the rows will be held against those that landed before, or against each other: each gets its `_row_hash`.
    """
    query = shape.typed(is_hashed=is_compared)
    if is_compared or not shape.is_as_declared() or _any(connection, f"from ({query}) where _fault is not null"):
        connection.execute(f"create or replace temp table kept as {query}")
        query = "from kept"
    connection.execute(f"create or replace temp view typed as {query}")
    connection.execute(f"create or replace temp table known as select {POSITION} from typed where false")


def keep_bad(connection: duckdb.DuckDBPyConnection, shape: Shape, landed: Landed) -> None:
    """Puts the bad rows of `piece` into `bad` with every fault of theirs; those that the quarantine holds already become known."""
    if not _any(connection, "from typed where _fault is not null"):
        return
    names = ", ".join(f"{quoted(name)} := {_exact(quoted(name), kind)}" for name, kind in shape.found.items())
    each = ", ".join(f"{{'column': {literal(column.name)}, 'reason': {fault}, 'value': {raw}}}" for column, fault, raw in shape.faults())
    words = " ".join(f"when {literal(code)} then {literal(words)}" for code, words in casts.REASONS.items())
    connection.execute(
        f"""
        create or replace temp table newly_bad as
        with faulty as (
            select {FILE}, {ROW}, {POSITION}, list_filter([{each}], lambda fault: fault.reason is not null) as faults
            from ({shape.values()})
            where {POSITION} in (select {POSITION} from typed where _fault is not null)
        ),
        whole as (select {POSITION}, cast(to_json(struct_pack({names})) as varchar) as raw from piece)
        select
            faults[1].reason as reason,
            concat(faults[1]."column", ' ', case faults[1].reason {words} end) as detail,
            faults[1]."column" as "column", faults[1].value as value, raw, cast(to_json(faults) as varchar) as faults,
            {FILE}, {ROW}, {POSITION}
        from faulty join whole using ({POSITION})
        order by {POSITION}
        """
    )
    if aside := _aside(landed):
        connection.execute(f"insert into known select {POSITION} from newly_bad where {aside}")
    connection.execute(f"insert into bad select * from newly_bad where {POSITION} not in (select {POSITION} from known)")


def has_misfit(connection: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether a value of that column in `bad` does not fit its type."""
    return _any(connection, f"from bad where \"column\" = {literal(column)} and reason like 'not_%'")


def keep_rejects(connection: duckdb.DuckDBPyConnection, rejects: Sequence[Reject], landed: Landed, tally: Tally) -> None:
    """Puts records that never became rows into `bad`, their raw text kept as a JSON string; those that are there already are known."""
    if not rejects:
        return
    texts = {
        name: pa.array([getattr(reject, name) for reject in rejects], pa.string()) for name in ("reason", "detail", "column", "raw", "file")
    }
    connection.register("rejects", pa.table({**texts, "row": pa.array([reject.row for reject in rejects], pa.int64())}))
    records = f'select reason, detail, "column", null, cast(to_json(raw) as varchar) as raw, null, file as {FILE}, row as {ROW}, null from rejects'
    fresh = f"where not ({aside})" if (aside := _aside(landed)) else ""
    kept = connection.execute(f"insert into bad select * from ({records}) {fresh}").fetchall()[0][0]
    tally.known += len(rejects) - int(kept)
    connection.unregister("rejects")


def _aside(landed: Landed) -> str | None:
    """Condition: a row's very raw text lies in the quarantine; None if it cannot. Of a file that is read again, at its very place."""
    if not landed.quarantined or landed.again == {}:
        return None
    files = f"read_parquet([{', '.join(map(literal, landed.quarantined))}], union_by_name = true, hive_partitioning = false)"
    if landed.again is None:
        return f"raw in (select raw from {files})"
    names = ", ".join(f"({literal(name)}, {literal(former)})" for name, former in landed.again.items())
    place = (
        f"select again.name, aside.{ROW} from {files} as aside join (values {names}) as again (name, former) on aside.{FILE} = again.former"
    )
    return f"({FILE}, {ROW}) in ({place})"


def _exact(column: str, kind: str) -> str:
    """A value as it is kept in JSON: numbers with a point as text, since JSON's readers take them for floats."""
    return f"cast({column} as varchar)" if kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")) else column


def count(connection: duckdb.DuckDBPyConnection, table: Table, clock: datetime, tally: Tally) -> None:
    """Counts the rows of `typed` into the tally: read by file, known, landed, and the cursor's range."""
    for file, rows in connection.execute(f"select {FILE}, count(*) from typed group by all").fetchall():
        tally.rows[file] = tally.rows.get(file, 0) + rows
    column = table.column(table.cursor) if table.cursor is not None else None
    cursor = _cursor_range(column, clock) if column else "null, null, null, 0, 0"
    counts = f"select (select count(*) from known), count(*), {cursor} from typed where {good(connection)}"
    known, landed, *found = connection.execute(counts).fetchall()[0]
    tally.known += known
    tally.landed += landed
    if column is not None:
        tally.add_cursor(column.type, *found)
        if known:  # they are in the lake, so what was read up to them is safe
            name = quoted(column.name)
            safe = _cursor_text(f"max({name}) filter ({_is_safe(column, clock)})", column)
            query = f"select {safe} from typed where _fault is null and {POSITION} in (select {POSITION} from known)"
            tally.add_cursor_known(column.type, connection.execute(query).fetchall()[0][0])
        if found[-1] and not tally.future_rows:
            tally.future_rows = _from_the_future(connection, column, clock)


def good(connection: duckdb.DuckDBPyConnection) -> str:
    """Which rows of `typed` land, as a condition."""
    known = f" and {POSITION} not in (select {POSITION} from known)" if _any(connection, "from known") else ""
    return f"_fault is null{known}"


def _cursor_range(column: Column, clock: datetime) -> str:
    """Lowest, highest and highest cursor not in the future, as text; how many are NULL, how many in the future."""
    name, is_safe = quoted(column.name), _is_safe(column, clock)
    ends = (f"min({name})", f"max({name})", f"max({name}) filter ({is_safe})")
    texts = ", ".join(_cursor_text(end, column) for end in ends)
    return f"{texts}, count(*) filter ({name} is null), count(*) filter (not ({is_safe}))"


def _is_safe(column: Column, clock: datetime) -> str:
    """Whether a cursor does not lie in the future; only times can."""
    return f"{quoted(column.name)} <= cast('{clock + FUTURE}' as {column.type})" if column.type in _TIMES else "true"


def _from_the_future(connection: duckdb.DuckDBPyConnection, column: Column, clock: datetime) -> list[str]:
    """The first rows whose cursor lies in the future, by file and row."""
    found = connection.execute(
        f"select {FILE}, {ROW} from typed where {good(connection)} and not ({_is_safe(column, clock)}) order by {POSITION} limit {EXAMPLES}"
    ).fetchall()
    return [f"{file}, row {row}" if file is not None else f"row {row}" for file, row in found]


def _cursor_text(value: str, column: Column) -> str:
    """A cursor as text that sorts like the cursor itself, where that can be."""
    if column.type in ("timestamp", "timestamptz"):
        return f"strftime(cast({value} as timestamp), '%Y-%m-%d %H:%M:%S.%f')"
    return f"cast({value} as varchar)"


def _any(connection: duckdb.DuckDBPyConnection, rows: str) -> bool:
    """Whether there is a row of that kind."""
    return bool(connection.execute(f"select exists (select 1 {rows})").fetchall()[0][0])
