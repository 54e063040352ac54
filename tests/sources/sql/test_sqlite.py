"""A SQLite shop is read in one snapshot, by windows, with every value exact."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, Parent, System, Table
from fondaco.errors import SourceError
from fondaco.sources.base import Position, Pull
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql.sqlite import Sqlite

NOW = "2024-03-01 12:00:00.000000"
ORDERS = Table(
    "orders",
    "",
    (Column("id", "bigint", nullable=False), Column("note", "varchar"), Column("updated_at", "timestamp")),
    ("id",),
    "updated_at",
)
ITEMS = Table(
    "items",
    "",
    (Column("id", "bigint", nullable=False), Column("order_id", "bigint", nullable=False)),
    ("id",),
    parent=Parent("orders", "order_id"),
    deletes="sweep",
)
SIZES = Table("sizes", "", (Column("code", "varchar", nullable=False),), ("code",))
SYSTEM = System("shop", "", "UTC", None, (), {table.name: table for table in (ORDERS, ITEMS, SIZES)})


class Shop:
    """A database with orders, their items, and a table that says nothing of its changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.positions: dict[str, Position] = {}
        self.do("pragma journal_mode = wal", "create table shop_clock (now text)", f"insert into shop_clock values ('{NOW}')")
        self.do("create table orders (id integer primary key, note, updated_at)")
        self.do("create table items (id integer primary key, order_id integer)", "create table sizes (code text primary key)")

    def do(self, *statements: str) -> None:
        connection = sqlite3.connect(self.path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def order(self, number: int, at: str, note: str = "'x'") -> None:
        self.do(f"insert or replace into orders values ({number}, {note}, {at if at == 'null' else repr(at)})")

    def source(self, **options: Any) -> SqlDatabase:
        return SqlDatabase("shop", SYSTEM, Sqlite(self.path), **options)

    def read(self, table: Table = ORDERS, source: SqlDatabase | None = None, cursor: str | None = None) -> list[dict[str, Any]]:
        """The rows that a run gets; `cursor` is where the run before it came to."""
        position = None if cursor is None else Position(cursor=cursor)
        opened = source or self.source()
        rows = [row for pull in opened.pulls(table, position) for row in rows_of(pull)]
        if source is None:
            opened.close()
        return rows


def rows_of(pull: Pull) -> list[dict[str, Any]]:
    rows = [row for batch in pull.batches for row in batch.to_pylist()]
    assert pull.rows_read == len(rows) + len(pull.rejects)
    return rows


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.sqlite")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("9223372036854775807", "9223372036854775807"),
        ("-1", "-1"),
        ("0.1", "0.1"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("99999999999999.98", "99999999999999.984"),
        ("5.0", "5.0"),
        ("1e300", "1e+300"),
        ("'007'", "007"),
        ("''", ""),
        ("null", None),
        ("x'00ff'", "x'00FF'"),
        ("'Zoë\n\"'", 'Zoë\n"'),
    ],
)
def test_every_value_comes_as_text_from_which_it_can_be_told(shop: Shop, value: str, text: str | None) -> None:
    shop.order(1, "2024-01-01 00:00:00", value)
    (row,) = shop.read()
    assert row["note"] == text
    if text is not None and isinstance(found := sqlite3.connect(":memory:").execute(f"select {value}").fetchone()[0], float):
        assert float(text) == found


def test_text_that_is_not_utf8_is_rejected_with_its_row(shop: Shop) -> None:
    shop.order(1, "2024-01-01 00:00:00")
    shop.order(2, "2024-01-01 00:00:00", "cast(x'ff41' as text)")
    (pull,) = shop.source().pulls(ORDERS, None)
    assert ids(rows_of(pull)) == ["1"]
    assert [(reject.row, reject.reason, reject.column) for reject in pull.rejects] == [(2, "invalid_utf8", "note")]


def test_the_first_run_reads_everything_but_the_last_moments(shop: Shop) -> None:
    shop.order(1, "2020-01-01 00:00:00")
    shop.order(2, "2024-03-01 11:58:00.000000")
    shop.order(3, "2024-03-01 11:58:00.000001")
    shop.order(4, "2024-03-01 23:00:00")
    assert ids(shop.read()) == ["1", "2"]


def test_a_row_from_the_far_future_is_read_and_so_is_one_without_a_time(shop: Shop) -> None:
    shop.order(1, "2999-01-01 00:00:00")
    shop.order(2, "null")
    shop.do("insert into orders values (3, 'a number', 1704067200), (4, 'no time', 'soon')")
    assert ids(shop.read()) == ["1", "2", "3", "4"]
    assert ids(shop.read(cursor="2024-02-01 00:00:00.000000")) == ["1", "2", "3", "4"]


def test_later_runs_read_from_a_little_before_the_last_row(shop: Shop) -> None:
    for number, at in enumerate(["09:00:00", "09:49:59.999999", "09:50:00", "09:50:00.000000", "10:00:00", "10:00:00.5"], start=1):
        shop.order(number, f"2024-03-01 {at}")
    assert ids(shop.read(cursor="2024-03-01 10:00:00.000000")) == ["3", "4", "5", "6"]
    assert ids(shop.read(cursor="2024-03-01 10:00:00.700000", source=shop.source(overlap=timedelta(0)))) == ["5", "6"]


def test_times_may_be_written_with_a_t(shop: Shop) -> None:
    shop.order(1, "2024-03-01T09:00:00")
    shop.order(2, "2024-03-01T10:00:00")
    shop.order(3, "2024-03-01T11:59:00")
    assert ids(shop.read(cursor="2024-03-01 10:00:00.000000")) == ["2"]


def test_children_come_with_the_window_of_their_parent(shop: Shop) -> None:
    shop.order(1, "2024-02-01 00:00:00")
    shop.order(2, "2024-03-01 10:00:00")
    shop.order(3, "2024-03-01 11:59:30")
    shop.do("insert into items values (10, 1), (20, 2), (30, 3), (90, 999)")
    (first,) = shop.source().pulls(ITEMS, None)
    assert ids(rows_of(first)) == ["10", "20", "90"], "an item without its order is a row, too; one of an order that waits is not"
    assert first.step.cursor == "2024-03-01 10:00:00.000000"
    assert ids(shop.read(ITEMS, cursor=first.step.cursor)) == ["20"]


def test_a_batch_never_holds_an_order_without_its_items(shop: Shop) -> None:
    shop.order(1, "2024-03-01 10:00:00")
    source = shop.source()
    assert ids(shop.read(ORDERS, source)) == ["1"]
    shop.order(2, "2024-03-01 10:00:01")
    shop.do("insert into items values (20, 2)")
    assert ids(shop.read(ITEMS, source)) == []
    source.close()
    assert ids(shop.read(ITEMS)) == ["20"]


def test_a_table_that_tells_nothing_is_read_whole(shop: Shop) -> None:
    shop.do("insert into sizes values ('S'), ('M')")
    (pull,) = shop.source().pulls(SIZES, Position())
    assert sorted(row["code"] for row in rows_of(pull)) == ["M", "S"]
    assert pull.overlaps == "table"


def test_nothing_new_yields_nothing(shop: Shop) -> None:
    assert list(shop.source().pulls(ORDERS, Position(cursor="2024-03-01 10:00:00.000000"))) == []


def test_keys_are_compared_when_it_is_time(shop: Shop) -> None:
    shop.do("insert into items values (1, 1), (2, 1)")
    source = shop.source(sweep=timedelta(hours=6))
    assert source.keys(ORDERS, None) is None
    assert source.keys(ITEMS, Position(swept_at="2024-03-01 06:00:01.000000")) is None
    keys = source.keys(ITEMS, Position(swept_at="2024-03-01 06:00:00.000000"))
    assert keys is not None
    assert [row["id"] for batch in keys.batches for row in batch.to_pylist()] == ["1", "2"]
    assert keys.clock == datetime(2024, 3, 1, 12)


def test_a_lost_column_stops_its_table_by_name_if_it_is_required(shop: Shop) -> None:
    shop.do("alter table items rename column order_id to orderid", "alter table orders drop column note")
    with pytest.raises(SourceError, match=r"items has no column 'order_id' any more .was it renamed to 'orderid'"):
        list(shop.source().pulls(ITEMS, None))
    (pull,) = shop.source().pulls(ORDERS, None)
    assert pull.notes == ["orders: the source has no column note; it lands as NULL"]


def test_a_table_or_a_file_that_is_not_there_is_named(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no table 'order' .did you mean 'orders'"):
        list(shop.source().pulls(Table("order", "", ORDERS.columns), None))
    with pytest.raises(SourceError, match="is not there"):
        list(SqlDatabase("shop", SYSTEM, Sqlite(tmp_path / "no.sqlite")).pulls(ORDERS, None))
    (tmp_path / "text.sqlite").write_text("hello " * 1000)
    with pytest.raises(SourceError, match="cannot be opened: file is not a database"):
        list(SqlDatabase("shop", SYSTEM, Sqlite(tmp_path / "text.sqlite")).pulls(ORDERS, None))


def test_the_shop_cannot_be_written_through_its_reader(shop: Shop) -> None:
    source = shop.source()
    shop.read(ORDERS, source)
    with pytest.raises(SourceError, match="read-?only"):
        source._link().rows("delete from orders returning id")


def test_a_number_may_be_the_cursor(shop: Shop) -> None:
    table = Table("versions", "", (Column("id", "bigint"), Column("version", "bigint")), ("id",), "version")
    shop.do("create table versions (id integer, version integer)", "insert into versions values (1, 9), (2, 10000), (3, 10001)")
    assert ids(shop.read(table)) == ["1", "2", "3"]
    assert ids(shop.read(table, cursor="10010")) == ["2", "3"], "a number that was drawn early may have been committed late"
