"""Whatever the engine: one snapshot, windows by the source's own clock, children through their parents, errors that name the next step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, Parent, System, Table
from fondaco.errors import SourceError
from fondaco.sources.base import Position, Pull, Span
from fondaco.sources.sql import SqlDatabase
from tests.databases import ENGINES, Database, open_database

NOW = datetime(2024, 3, 1, 12)
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
EXTRAS = Table("extras", "", (Column("id", "bigint"), Column("item_id", "bigint")), ("id",), parent=Parent("items", "item_id"))
SIZES = Table("sizes", "", (Column("code", "varchar", nullable=False), Column("n", "bigint")), ("code", "n"), deletes="sweep")
SYSTEM = System("shop", "", "UTC", None, (), {table.name: table for table in (ORDERS, ITEMS, EXTRAS, SIZES)})


class Shop:
    """A database with orders, their items, extras of items, and a table that says nothing of its changes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.set_clock(NOW)
        self.do(
            f"create table orders (id bigint primary key, note {database.text}, updated_at {database.time})",
            "create table items (id bigint primary key, order_id bigint)",
            "create table extras (id bigint primary key, item_id bigint)",
            f"create table sizes (code {database.text}, n bigint, primary key (code, n))",
        )

    def do(self, *statements: str) -> None:
        self.database.do(*statements)

    def set_clock(self, now: datetime) -> None:
        self.database.set_clock(now)

    def order(self, number: int, at: str | None, note: str = "x") -> None:
        self.database.upsert("orders", "id", id=number, note=note, updated_at=at)

    def source(self, **options: Any) -> SqlDatabase:
        return SqlDatabase("shop", SYSTEM, self.database.dialect(), **options)

    def read(
        self, table: Table = ORDERS, source: SqlDatabase | None = None, cursor: str | None = None, span: Span | None = None
    ) -> list[int]:
        """The ids that a run gets; `cursor` is where the run before it came to."""
        opened = source or self.source()
        found = [row for pull in opened.pulls(table, None if cursor is None else Position(cursor=cursor), span) for row in rows_of(pull)]
        if source is None:
            opened.close()
        return sorted(int(row["id"]) for row in found)


def rows_of(pull: Pull) -> list[dict[str, Any]]:
    rows = [row for batch in pull.batches for row in batch.to_pylist()]
    assert pull.rows_read == len(rows) + len(pull.rejects)
    assert sorted(row["_row"] for row in rows) == list(range(1, len(rows) + 1))
    return rows


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    database = open_database(request.param, request, tmp_path)
    yield Shop(database)
    database.close()


def test_the_first_run_reads_everything_but_the_last_moments(shop: Shop) -> None:
    shop.order(1, "2020-01-01 00:00:00")
    shop.order(2, "2024-03-01 11:58:00.000000")
    shop.order(3, "2024-03-01 11:58:00.000001")
    shop.order(4, "2024-03-01 23:00:00")
    assert shop.read() == [1, 2]


def test_a_row_from_the_far_future_is_read_and_so_is_one_without_a_time(shop: Shop) -> None:
    shop.order(1, "2999-01-01 00:00:00")
    shop.order(2, None)
    assert shop.read() == [1, 2]
    assert shop.read(cursor="2024-02-01 00:00:00.000000") == [1, 2]


def test_later_runs_read_from_a_little_before_the_last_row(shop: Shop) -> None:
    for number, at in enumerate(["09:00:00", "09:49:59.999999", "09:50:00", "09:50:00.000000", "10:00:00", "10:00:00.5"], start=1):
        shop.order(number, f"2024-03-01 {at}")
    assert shop.read(cursor="2024-03-01 10:00:00.000000") == [3, 4, 5, 6]


def test_children_come_with_the_window_of_their_parent_and_so_do_theirs(shop: Shop) -> None:
    shop.order(1, "2024-02-01 00:00:00")
    shop.order(2, "2024-03-01 10:00:00")
    shop.order(3, "2024-03-01 11:59:30")
    shop.do("insert into items values (10, 1), (20, 2), (30, 3), (90, 999)")
    shop.do("insert into extras values (100, 10), (200, 20), (300, 30), (900, 90), (990, 999)")
    source = shop.source()
    (first,) = source.pulls(ITEMS, None)
    assert sorted(row["id"] for row in rows_of(first)) in ([10, 20, 90], ["10", "20", "90"]), "one without its order is a row, too"
    assert first.step.cursor == "2024-03-01 10:00:00.000000"
    assert shop.read(EXTRAS, source) == [100, 200, 900, 990]
    source.close()
    assert shop.read(ITEMS, cursor=first.step.cursor) == [20]
    assert shop.read(EXTRAS, cursor=first.step.cursor) == [200]


def test_an_order_that_is_written_during_a_run_is_not_split_from_its_items(shop: Shop) -> None:
    shop.order(1, "2024-03-01 10:00:00")
    shop.do("insert into items values (10, 1)")
    source = shop.source(batch_rows=2_048)
    (orders,) = source.pulls(ORDERS, None)
    shop.order(2, "2024-03-01 10:00:01")
    shop.do("insert into items values (20, 2)", "insert into items values (11, 1)")
    assert [int(row["id"]) for row in rows_of(orders)] == [1]
    assert shop.read(ITEMS, source) == [10]
    source.close()
    assert shop.read(ITEMS) == [10, 11, 20]


def test_a_part_that_is_asked_for_is_read_whatever_the_position_and_moves_nothing(shop: Shop) -> None:
    for number, at in enumerate(
        ["2024-01-31 23:59:59.999999", "2024-02-01 00:00:00", "2024-02-01 23:59:59", "2024-02-02 00:00:00"], start=1
    ):
        shop.order(number, at)
        shop.do(f"insert into items values ({number * 10}, {number})")
    span = Span(datetime(2024, 2, 1), datetime(2024, 2, 2))
    assert shop.read(ORDERS, cursor="2024-03-01 00:00:00.000000", span=span) == [2, 3]
    assert shop.read(ITEMS, cursor="2024-03-01 00:00:00.000000", span=span) == [20, 30]
    assert shop.read(ORDERS, span=Span(since=datetime(2024, 2, 2))) == [4]
    source = shop.source()
    (pull,) = source.pulls(ORDERS, None, span)
    assert (pull.moves, pull.step, pull.overlaps) == (False, Position(), "window")
    assert pull.window == ("2024-02-01 00:00:00.000000", "2024-02-02 00:00:00.000000")
    source.close()


def test_a_table_that_tells_nothing_is_read_whole(shop: Shop) -> None:
    shop.do("insert into sizes values ('S', 1), ('M', 2)")
    source = shop.source()
    (pull,) = source.pulls(SIZES, Position())
    assert sorted(row["code"] for row in rows_of(pull)) == ["M", "S"]
    assert pull.overlaps == "table"
    source.close()


def test_nothing_new_yields_nothing(shop: Shop) -> None:
    source = shop.source()
    assert list(source.pulls(ORDERS, Position(cursor="2024-03-01 10:00:00.000000"))) == []
    source.close()


def test_keys_are_compared_when_it_is_time_and_may_be_of_several_columns(shop: Shop) -> None:
    shop.do("insert into sizes values ('S', 1), ('M', 2)")
    source = shop.source(sweep=timedelta(hours=6))
    assert source.keys(ORDERS, None) is None
    assert source.keys(SIZES, Position(swept_at="2024-03-01 06:00:01.000000")) is None
    keys = source.keys(SIZES, Position(swept_at="2024-03-01 06:00:00.000000"))
    assert keys is not None and keys.clock == NOW
    assert sorted(tuple(row.values()) for batch in keys.batches for row in batch.to_pylist()) == [("M", "2"), ("S", "1")]
    source.close()


def test_a_lost_column_stops_its_table_by_name_if_it_is_required(shop: Shop) -> None:
    shop.do("alter table items rename column order_id to orderid", "alter table orders drop column note")
    source = shop.source()
    with pytest.raises(SourceError, match=r"items has no column 'order_id' any more .was it renamed to 'orderid'"):
        list(source.pulls(ITEMS, None))
    (pull,) = source.pulls(ORDERS, None)
    assert pull.notes == ["orders: the source has no column note; it lands as NULL"]
    source.close()


def test_a_table_that_is_not_there_is_named(shop: Shop) -> None:
    source = shop.source()
    with pytest.raises(SourceError, match=r"has no table 'order' .did you mean 'orders'"):
        list(source.pulls(Table("order", "", ORDERS.columns), None))
    source.close()


def test_the_shop_cannot_be_written_through_its_reader(shop: Shop) -> None:
    shop.order(1, "2024-03-01 10:00:00")
    source = shop.source()
    source.clock()
    with pytest.raises(SourceError, match="cannot be read"):
        source._link().rows("delete from orders returning id")
    source.close()
    assert shop.read() == [1]


def test_batches_are_no_larger_than_said_and_one_that_is_left_alone_holds_nothing_up(shop: Shop) -> None:
    shop.do(f"insert into sizes values {', '.join(f'({chr(39)}x{chr(39)}, {number})' for number in range(5_000))}")
    source = shop.source(batch_rows=2_048)
    (pull,) = source.pulls(SIZES, None)
    sizes = [batch.num_rows for batch in pull.batches]
    assert sum(sizes) == 5_000 and max(sizes) <= 2_048
    (left,) = source.pulls(SIZES, None)
    next(iter(left.batches))
    assert shop.read(ORDERS, source) == []
    source.close()
