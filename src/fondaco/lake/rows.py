"""One piece of a batch: rows typed, hashed, held against what has landed, and told into good, known and bad ones.

Works in tables of one DuckDB connection: `piece` holds the rows as the source gave them, `typed` the same as declared with the
code of the first fault in `_fault`, `known` the positions of rows that had landed before, `bad` the quarantined rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from fondaco.contracts import Column, Table
from fondaco.lake import casts
from fondaco.lake.casts import literal, quoted
from fondaco.lake.tally import Tally
from fondaco.sources.base import FILE, ROW, Reject

POSITION = "_position"
#: A cursor further than this beyond the source's own clock lies in the future and moves no watermark.
FUTURE = timedelta(days=1)
#: Rows that a note names: enough to find them, few enough to read.
EXAMPLES = 3
_TIMES = ("timestamp", "timestamptz", "date")

_BAD = f"""
create or replace temp table bad (
    reason varchar, detail varchar, "column" varchar, value varchar, raw varchar, faults varchar,
    {FILE} varchar, {ROW} bigint, {POSITION} bigint
)
"""


@dataclass(frozen=True)
class Shape:
    """The columns of a piece: those that came, and those among them that the system does not declare, by DuckDB type."""

    table: Table
    found: dict[str, str]
    drift: tuple[tuple[str, str], ...]

    @classmethod
    def of_piece(cls, connection: duckdb.DuckDBPyConnection, table: Table) -> Shape:
        described = connection.execute("select column_name, column_type from (describe piece)").fetchall()
        found = {name: "VARCHAR" if kind == '"NULL"' else kind for name, kind in described if name not in (FILE, ROW, POSITION)}
        declared = {column.name for column in table.columns}
        return cls(table, found, tuple(sorted((name, kind) for name, kind in found.items() if name not in declared)))

    def without_drift(self) -> Shape:
        return Shape(self.table, self.found, ())

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
        key = set(self.table.key)
        return [
            (column, casts.fault(column, column.name in key, f"_raw_{index}", quoted(column.name)), f"cast(_raw_{index} as varchar)")
            for index, column in enumerate(self.table.columns)
        ]


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table of bad rows empty."""
    connection.execute(_BAD)


def load_piece(connection: duckdb.DuckDBPyConnection, batches: Sequence[pa.RecordBatch], first_position: int) -> None:
    """Makes the batches the table `piece`, numbered on from `first_position`."""
    rows = pa.concat_tables([pa.Table.from_batches([batch]) for batch in batches], promote_options="default")
    numbers = pa.array(range(first_position, first_position + rows.num_rows), pa.int64())
    connection.register("piece", rows.append_column(POSITION, numbers))


def drop_piece(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the piece's memory back before the next one is read."""
    connection.unregister("piece")
    connection.execute("drop table typed")


def type_piece(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Makes `typed` from `piece`, and `known` empty."""
    own = [quoted(name) for name, _ in shape.columns()]
    hashed = casts.row_hash((name, quoted(name)) for name, _ in shape.columns())
    faults = ", ".join(fault for _, fault, _ in shape.faults())
    connection.execute(
        f"""
        create or replace temp table typed as
        select {", ".join(own)}, {FILE}, {ROW}, {POSITION}, {hashed} as _row_hash, coalesce({faults}) as _fault
        from ({shape.values()})
        """
    )
    connection.execute(f"create or replace temp table known as select {POSITION} from typed where false")


def drop_landed(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str]) -> None:
    """Marks as known the good rows whose key's last version in these bronze files is the very same."""
    if not files:
        return
    key = [quoted(name) for name in table.key] or ["_row_hash"]
    bronze = f"read_parquet([{', '.join(map(literal, files))}], union_by_name = true, hive_partitioning = false)"
    same_key = " and ".join(f"landed.{name} = typed.{name}" for name in key)
    connection.execute(
        f"""
        insert into known
        with landed as (
            select {", ".join(key)}, arg_max(_row_hash, _batch_id || format('{{:012d}}', _position)) as last_hash
            from {bronze} as landed
            where exists (select 1 from typed where {same_key})
            group by all
        )
        select typed.{POSITION} from typed join landed on {same_key} and landed.last_hash = typed._row_hash where typed._fault is null
        """
    )


def keep_bad(connection: duckdb.DuckDBPyConnection, shape: Shape, quarantined: Sequence[str]) -> None:
    """Puts the bad rows of `piece` into `bad` with every fault of theirs; those that `quarantined` files hold already become known."""
    if connection.execute("select count(*) from typed where _fault is not null").fetchall() == [(0,)]:
        return
    names = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in shape.found)
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
    if quarantined:
        files = ", ".join(map(literal, quarantined))
        connection.execute(
            f"insert into known select {POSITION} from newly_bad where raw in (select raw from read_parquet([{files}], hive_partitioning = false))"
        )
    connection.execute(f"insert into bad select * from newly_bad where {POSITION} not in (select {POSITION} from known)")


def has_misfit(connection: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether a value of that column in `bad` does not fit its type."""
    return _number(connection, f"select count(*) from bad where \"column\" = {literal(column)} and reason like 'not_%'") > 0


def keep_rejects(connection: duckdb.DuckDBPyConnection, rejects: Sequence[Reject]) -> None:
    """Puts records that never became rows into `bad`; their raw text is kept as a JSON string."""
    if not rejects:
        return
    texts = {
        name: pa.array([getattr(reject, name) for reject in rejects], pa.string()) for name in ("reason", "detail", "column", "raw", "file")
    }
    connection.register("rejects", pa.table({**texts, "row": pa.array([reject.row for reject in rejects], pa.int64())}))
    connection.execute(
        'insert into bad select reason, detail, "column", null, cast(to_json(raw) as varchar), null, file, row, null from rejects'
    )
    connection.unregister("rejects")


def count(connection: duckdb.DuckDBPyConnection, table: Table, clock: datetime, tally: Tally) -> None:
    """Counts the rows of `typed` into the tally: read by file, known, landed, and the cursor's range."""
    for file, rows in connection.execute(f"select {FILE}, count(*) from typed group by all").fetchall():
        tally.rows[file] = tally.rows.get(file, 0) + rows
    column = table.column(table.cursor) if table.cursor is not None else None
    cursor = _cursor_range(column, clock) if column else "null, null, null, 0, 0"
    counts = f"select (select count(*) from known), count(*), {cursor} from typed where {GOOD}"
    known, landed, *found = connection.execute(counts).fetchall()[0]
    tally.known += known
    tally.landed += landed
    if column is not None:
        tally.add_cursor(column.type, *found)
        if found[-1] and not tally.future_rows:
            tally.future_rows = _from_the_future(connection, column, clock)


#: Which rows of `typed` land.
GOOD = f"_fault is null and {POSITION} not in (select {POSITION} from known)"


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
        f"select {FILE}, {ROW} from typed where {GOOD} and not ({_is_safe(column, clock)}) order by {POSITION} limit {EXAMPLES}"
    ).fetchall()
    return [f"{file}, row {row}" if file is not None else f"row {row}" for file, row in found]


def _cursor_text(value: str, column: Column) -> str:
    """A cursor as text that sorts like the cursor itself, where that can be."""
    if column.type in ("timestamp", "timestamptz"):
        return f"strftime(cast({value} as timestamp), '%Y-%m-%d %H:%M:%S.%f')"
    return f"cast({value} as varchar)"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
