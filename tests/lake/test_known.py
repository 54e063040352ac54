"""Rows that had landed before are found among the keys that are read again, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import Column, Table
from fondaco.lake import known
from fondaco.lake.casts import literal, row_hash
from fondaco.lake.engine import connect

KINDS = {
    "bigint": ["-9223372036854775808", "-1", "0", "1", "10", "9"],
    "varchar": ["", "a", "B", "ä", "it's", "9", "10"],
    "decimal(12,2)": ["-0.01", "0.00", "10.10", "9.90"],
    "timestamptz": ["2024-01-01 00:00:00+00", "2024-01-01 00:00:00.000001+00", "0001-01-01 00:00:00+00"],
    "double": ["0.1", "0.30000000000000004", "1e300", "-1e-300"],
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return connect(tmp_path_factory.mktemp("spill"))


def table(*kinds: str) -> Table:
    columns = tuple(Column(f"k{number}", kind, nullable=False) for number, kind in enumerate(kinds))
    return Table("things", "", columns, tuple(column.name for column in columns))


def write(connection: duckdb.DuckDBPyConnection, things: Table, rows: list[tuple[str, ...]], batch: str, place: Path) -> str:
    """A file of the lake with these keys."""
    values = _values(things, rows)
    connection.execute(
        f"copy (select *, '{batch}' as _batch_id, 'upsert' as _op, null::varchar as _file, _position as _row from {values}) "
        f"to {literal(str(place))} (format parquet)"
    )
    return str(place)


def landed(things: Table, *files: str) -> known.Landed:
    return known.Landed({(*((column.name, column.type) for column in things.columns), ("note", "varchar")): files})


def read_again(connection: duckdb.DuckDBPyConnection, things: Table, rows: list[tuple[str, ...]]) -> None:
    named = [*((column.name, column.type) for column in things.columns), ("note", "varchar")]
    hashed = row_hash((name, kind, name) for name, kind in named)
    values = f"select *, {hashed} as _row_hash, null::varchar as _fault from {_values(things, rows)}"
    connection.execute(f"create or replace temp table typed as {values}")
    connection.execute("create or replace temp table known (_position bigint)")


def _values(things: Table, rows: list[tuple[str, ...]]) -> str:
    """The last of each row, its note, tells versions apart."""
    keys = ", ".join(f"cast(v.c{number} as {column.type}) as {column.name}" for number, column in enumerate(things.columns))
    listed = ", ".join(f"({', '.join(map(literal, row))}, {number})" for number, row in enumerate(rows))
    names = ", ".join(f"c{number}" for number in range(len(things.columns)))
    return f"(select {keys}, v.note, v.position as _position from (values {listed}) as v ({names}, note, position))"


def test_a_file_that_holds_none_of_the_keys_is_not_read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    things = table("bigint")
    old = write(connection, things, [(str(number), "x") for number in range(2000)], "1", tmp_path / "old.parquet")
    new = write(connection, things, [("5000", "x"), ("5001", "x")], "2", tmp_path / "new.parquet")
    with Path(old).open("r+b") as file:  # its rows are gone, its footer still says which keys they had
        file.seek(4)
        file.write(b"\xff" * 2000)
    read_again(connection, things, [("5000", "x"), ("5001", "y"), ("6000", "x")])
    known.mark_known(connection, things, landed(things, old, new))
    assert connection.execute("from known").fetchall() == [(0,)]
    read_again(connection, things, [("7", "x")])
    with pytest.raises(duckdb.Error):
        known.mark_known(connection, things, landed(things, old, new))


def _key(row: tuple[str, ...]) -> tuple[str, ...]:
    return row[:-1]


@st.composite
def keys(draw: st.DrawFn) -> tuple[Table, list[list[tuple[str, ...]]]]:
    """A table, and rows of two files and of what is read again."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2))
    row = st.tuples(*(st.sampled_from(KINDS[kind]) for kind in kinds), st.sampled_from("xy"))
    files = st.lists(row, min_size=1, max_size=5, unique_by=_key)
    return table(*kinds), [draw(files) for _ in range(3)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys())
def test_the_same_rows_are_known_as_if_every_file_were_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, drawn: tuple[Table, list[list[tuple[str, ...]]]]
) -> None:
    things, (first, second, again) = drawn
    files = [write(connection, things, rows, str(number), tmp_path / f"{number}.parquet") for number, rows in enumerate((first, second))]
    read_again(connection, things, again)
    known.mark_known(connection, things, landed(things, *files))
    last = {row[:-1]: row[-1] for row in (*first, *second)}
    expected = [(number,) for number, row in enumerate(again) if last.get(row[:-1]) == row[-1]]
    assert connection.execute("from known order by 1").fetchall() == expected
