"""A relation of the warehouse held against what it should hold: row by row, cell by cell, sum by sum, by the engine and not by Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

#: Differences that are shown of a relation: enough to see the kind, few enough to read.
EXAMPLES = 5
#: A logarithm or a ratio may differ in its last digit; nothing else is a float.
_FLOAT_DIGITS = 9


@dataclass(frozen=True)
class Difference:
    """One cell that is not as it should be.

    Attributes:
        key: the row, as ``column=value``.
        column: None where the whole row is missing, or too many.
    """

    relation: str
    key: str
    column: str | None
    expected: Any
    found: Any


@dataclass(frozen=True)
class Comparison:
    """What was held against each other of one relation.

    Attributes:
        rows: known by either side.
        cells: rows by columns.
        sums: columns of numbers whose sums were compared.
        wrong: cells and sums that differ; all cells of a row that one side lacks.
        totals: the sums that were expected, by column.
        examples: the first differences.
    """

    relation: str
    rows: int
    cells: int
    sums: int
    wrong: int
    totals: Mapping[str, Any]
    examples: tuple[Difference, ...]

    @property
    def compared(self) -> int:
        """Cells and sums."""
        return self.cells + self.sums

    @property
    def equal(self) -> int:
        """Those of them that are as they should be."""
        return self.compared - self.wrong


def shape_of(connection: duckdb.DuckDBPyConnection, relation: str, left_out: Collection[str] = ()) -> pa.Schema:
    """The columns of a relation, but for some, as Arrow."""
    schema = connection.execute(f"select * from {relation} limit 0").to_arrow_table().schema
    return pa.schema([column for column in schema if column.name not in left_out])


def rows_as(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table of that shape; no value is rounded to fit.

    Raises:
        ValueError: a row has other columns, or a value does not fit exactly.
    """
    names = set(schema.names)
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"columns differ: {', '.join(sorted(row.keys() ^ names))}")
        for name, values in columns.items():
            values.append(row[name])
    return pa.table({column.name: pa.array(columns[column.name], column.type) for column in schema})


def compare(
    connection: duckdb.DuckDBPyConnection, relation: str, expected: pa.Table, grain: Sequence[str], found: pa.Table | None = None
) -> Comparison:
    """Holds a relation against what it should hold, in the columns of `expected`.

    Args:
        grain: the columns by which a row is known; where either side has a key more often than the other, rows are missing or too many.
        found: the rows to compare, of what is no relation of the warehouse.
    """
    connection.register("_expected", expected)
    if found is not None:
        connection.register("_found", found)
    try:
        return compare_queries(connection, relation, "_expected", relation if found is None else "_found", grain)
    finally:
        for name in ("_expected", *(("_found",) if found is not None else ())):
            connection.unregister(name)


def compare_queries(connection: duckdb.DuckDBPyConnection, relation: str, expected: str, found: str, grain: Sequence[str]) -> Comparison:
    """The same for what two relations, or queries in brackets, hold; `found` may have more columns."""
    shape, totals = shape_of(connection, expected), dict[str, Any]()
    names = shape.names
    try:
        for side, origin in (("_should", expected), ("_is", found)):
            # a key that comes twice is numbered, so that the join stays one to one whatever a side holds
            connection.execute(
                f"create or replace temp table {side} as select {_listed(map(_plain, shape))}, "
                f"row_number() over (partition by {_listed(map(_quoted, grain))}) as _copy, true as _here from {origin}"
            )
        both = f"_should full join _is on {_same((*grain, '_copy'))}"
        differ = _listed(f"count(*) filter (_should._here and _is._here and {_differs(name)})" for name in names)
        ((rows, alone, *wrong),) = connection.execute(
            f"select count(*), count(*) filter (_should._here is null or _is._here is null), {differ} from {both}"
        ).fetchall()
        numbers = [column.name for column in shape if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type)]
        wrong_sums = 0
        for name in numbers:
            ((should, has),) = connection.execute(
                f"select (select sum({_quoted(name)}) from _should), (select sum({_quoted(name)}) from _is)"
            ).fetchall()
            totals[name] = should
            wrong_sums += should != has
        total = alone * len(names) + sum(wrong) + wrong_sums
        examples = tuple(_examples(connection, relation, names, grain, both)) if total else ()
    finally:
        for side in ("_should", "_is"):
            connection.execute(f"drop table if exists {side}")
    return Comparison(relation, rows, rows * len(names), len(numbers), total, totals, examples)


def _examples(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str], grain: Sequence[str], both: str
) -> Iterable[Difference]:
    """The first cells that differ, in the order of the rows' keys."""
    differs = " or ".join(map(_differs, names))
    sides = [f"{side}.{_quoted(name)}" for side in ("_should", "_is") for name in names]
    keys = [f"coalesce(_should.{_quoted(name)}, _is.{_quoted(name)})" for name in grain]
    rows = connection.execute(
        f"select _should._here, _is._here, {_listed(keys)}, {_listed(sides)} from {both} "
        f"where _should._here is null or _is._here is null or {differs} order by {_listed(keys)} limit {EXAMPLES}"
    ).fetchall()
    found: list[Difference] = []
    for is_expected, is_found, *values in rows:
        key = ", ".join(f"{name}={value}" for name, value in zip(grain, values, strict=False))
        should, has = values[len(grain) : len(grain) + len(names)], values[len(grain) + len(names) :]
        if is_expected and is_found:
            cells = zip(names, should, has, strict=True)
            found += [Difference(relation, key, name, one, other) for name, one, other in cells if one != other]
        else:
            found.append(Difference(relation, key, None, "a row" if is_expected else "no row", "a row" if is_found else "no row"))
    return found[:EXAMPLES]


def _plain(column: pa.Field[Any]) -> str:
    name = _quoted(column.name)
    return f"round({name}, {_FLOAT_DIGITS}) as {name}" if pa.types.is_floating(column.type) else name


def _differs(name: str) -> str:
    return f"_should.{_quoted(name)} is distinct from _is.{_quoted(name)}"


def _same(names: Iterable[str]) -> str:
    return " and ".join(f"_should.{_quoted(name)} is not distinct from _is.{_quoted(name)}" for name in names)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
