"""A relation against what it should hold: nothing that differs is called equal, and what is equal never differs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.warehouse.comparison import compare, rows_as, shape_of

Row = tuple[int, Decimal | None, str | None, float | None]
ROWS: list[Row] = [(1, Decimal("10.00"), "a", 0.5), (2, None, "", None), (3, Decimal("-0.01"), None, 1e-3)]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create table sales (id bigint, amount decimal(18, 4), name varchar, ratio double, recorded_at timestamp)")
        yield connection


def _filled(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    connection.execute("delete from sales")
    for row in rows:
        connection.execute("insert into sales values (?, ?, ?, ?, timestamp '2024-01-01')", list(row))


def _expected(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> Any:
    shape = shape_of(connection, "sales", {"recorded_at"})
    return rows_as(shape, [dict(zip(shape.names, row, strict=True)) for row in rows])


def test_what_is_equal_is_counted_by_cells_and_sums(warehouse: duckdb.DuckDBPyConnection) -> None:
    _filled(warehouse, ROWS[::-1])
    found = compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"])
    assert (found.rows, found.cells, found.sums, found.wrong, found.examples) == (3, 12, 2, 0, ())
    assert found.equal == found.compared == 14
    assert found.totals == {"id": 6, "amount": Decimal("9.9900")}


@pytest.mark.parametrize(
    ("row", "column", "expected", "found"),
    [
        ((1, Decimal("10.0001"), "a", 0.5), "amount", Decimal("10.0000"), Decimal("10.0001")),
        ((1, None, "a", 0.5), "amount", Decimal("10.0000"), None),
        ((1, Decimal("10.00"), "a ", 0.5), "name", "a", "a "),
        ((1, Decimal("10.00"), "a", 0.50000001), "ratio", 0.5, 0.50000001),
    ],
)
def test_one_cell_that_differs_is_named(warehouse: duckdb.DuckDBPyConnection, row: Row, column: str, expected: Any, found: Any) -> None:
    _filled(warehouse, [row, *ROWS[1:]])
    compared = compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"])
    # an amount that is wrong makes its sum wrong, too
    assert compared.wrong == (2 if column == "amount" else 1)
    (difference,) = compared.examples
    assert (difference.relation, difference.key, difference.column) == ("sales", "id=1", column)
    assert (difference.expected, difference.found) == (expected, found)


def test_null_and_empty_differ(warehouse: duckdb.DuckDBPyConnection) -> None:
    _filled(warehouse, [ROWS[0], (2, None, None, None), (3, Decimal("-0.01"), "", 1e-3)])
    assert [one.key for one in compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"]).examples] == ["id=2", "id=3"]


def test_a_row_that_is_missing_and_one_too_many_differ_as_a_whole(warehouse: duckdb.DuckDBPyConnection) -> None:
    _filled(warehouse, [*ROWS[:2], (4, None, None, None)])
    found = compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"])
    assert (found.rows, found.wrong) == (4, 2 * 4 + 2)
    assert [(one.key, one.column, one.expected, one.found) for one in found.examples] == [
        ("id=3", None, "a row", "no row"),
        ("id=4", None, "no row", "a row"),
    ]


def test_a_row_that_stands_there_twice_is_one_too_many_and_multiplies_nothing(warehouse: duckdb.DuckDBPyConnection) -> None:
    _filled(warehouse, [ROWS[0], *ROWS])
    found = compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"])
    assert (found.rows, found.wrong) == (4, 4 + 2)
    assert [(one.key, one.found) for one in found.examples] == [("id=1", "a row")]


def test_a_key_that_is_null_is_a_key(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [(1, None, None, None), (1, Decimal(2), "x", None)]
    _filled(warehouse, rows)
    assert compare(warehouse, "sales", _expected(warehouse, rows), ["id", "name"]).wrong == 0


def test_an_empty_relation_equals_an_empty_truth_and_no_other(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert compare(warehouse, "sales", _expected(warehouse, []), ["id"]).wrong == 0
    assert compare(warehouse, "sales", _expected(warehouse, ROWS), ["id"]).wrong == 3 * 4 + 2


def test_no_value_is_rounded_to_fit_and_no_column_is_left_out(warehouse: duckdb.DuckDBPyConnection) -> None:
    shape = shape_of(warehouse, "sales", {"recorded_at"})
    with pytest.raises(ValueError, match=r"[Rr]escaling|data loss"):
        rows_as(shape, [{"id": 1, "amount": Decimal("0.00001"), "name": None, "ratio": None}])
    with pytest.raises(ValueError, match="columns differ: name"):
        rows_as(shape, [{"id": 1, "amount": None, "ratio": None}])


_cells = st.tuples(
    st.integers(1, 4),
    st.none() | st.decimals(-100, 100, places=4),
    st.none() | st.sampled_from(["", " ", "a", "é"]),
    st.none() | st.sampled_from([0.0, 0.25]),
)


@given(should=st.lists(_cells, max_size=6), has=st.lists(_cells, max_size=6))
def test_two_tables_are_equal_if_and_only_if_their_rows_are(should: list[Row], has: list[Row]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table sales (id bigint, amount decimal(18, 4), name varchar, ratio double, recorded_at timestamp)")
        _filled(connection, has)
        # a row is known by all of its columns: then rows are what is compared
        found = compare(connection, "sales", _expected(connection, should), ["id", "amount", "name", "ratio"])
    order = [str(row) for row in should], [str(row) for row in has]
    assert (found.wrong == 0) == (sorted(order[0]) == sorted(order[1]))


def test_rows_that_are_no_relation_are_compared_as_well(warehouse: duckdb.DuckDBPyConnection) -> None:
    shape = shape_of(warehouse, "(select date '2024-02-29' as day, 1.5 as value)")
    one = rows_as(shape, [{"day": date(2024, 2, 29), "value": Decimal("1.5")}])
    other = rows_as(shape, [{"day": date(2024, 2, 29), "value": Decimal("1.6")}])
    assert compare(warehouse, "figures", one, ["day"], found=one).wrong == 0
    assert compare(warehouse, "figures", one, ["day"], found=other).wrong == 2
