"""A database lands through windows: every version once, bad rows once, deletes as tombstones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import Column, Parent, System, Table
from fondaco.lake import Asked, DefaultQuality, Lake, LandingReport, land
from fondaco.lake.landing import NOTHING
from fondaco.sources.sql import SqlDatabase
from tests.databases import ENGINES, Database, SqliteDatabase, open_database

ORDERS = Table(
    "orders",
    "",
    (Column("id", "bigint", nullable=False), Column("status", "varchar", nullable=False), Column("updated_at", "timestamp")),
    ("id",),
    "updated_at",
    deletes="sweep",
)
ITEMS = Table(
    "items",
    "",
    (Column("id", "bigint", nullable=False), Column("order_id", "bigint"), Column("sku", "varchar")),
    ("id",),
    parent=Parent("orders", "order_id"),
)
RATES = Table(
    "rates",
    "",
    (Column("currency", "varchar"), Column("day", "date"), Column("rate", "decimal(18,8)")),
    ("currency", "day"),
    deletes="sweep",
)
SYSTEM = System("shop", "", "UTC", None, (), {table.name: table for table in (ORDERS, ITEMS, RATES)})
#: Each example is several landings.
HALF = (settings.default or settings()).max_examples // 2
START = datetime(2024, 3, 1, 12)


class Shop:
    """A shop with a clock of its own, in a SQLite file unless said otherwise, and a lake."""

    def __init__(self, root: Path, database: Database | None = None) -> None:
        self.root = root
        self.now = START
        self.system = SYSTEM
        self.database = database or SqliteDatabase(root / "shop.sqlite")
        self.do(
            f"create table orders (id bigint primary key, status {self.database.text}, updated_at {self.database.time})",
            f"create table items (id bigint primary key, order_id bigint, sku {self.database.text})",
            f"create table rates (currency {self.database.text}, day {self.database.text}, rate {self.database.text}, primary key (currency, day))",
        )
        self.pass_time(timedelta())

    def do(self, *statements: str) -> None:
        self.database.do(*statements)

    def pass_time(self, duration: timedelta) -> None:
        self.now += duration
        self.database.set_clock(self.now)

    def order(self, number: int | str, status: str | None = "new", at: datetime | str | None = None) -> None:
        when = at if isinstance(at, str) else f"{at or self.here():%Y-%m-%d %H:%M:%S.%f}"
        self.database.upsert("orders", "id", id=number, status=status, updated_at=when)

    def here(self) -> datetime:
        """What the shop's clock on the wall says."""
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.system.zone)).replace(tzinfo=None)

    def item(self, number: int, order: int | None, sku: str) -> None:
        self.database.upsert("items", "id", id=number, order_id=order, sku=sku)

    def source(self, **tables: Table) -> SqlDatabase:
        """The shop, with some tables declared otherwise."""
        return SqlDatabase("shop", replace(self.system, tables={**SYSTEM.tables, **tables}), self.database.dialect())

    def lake(self) -> Lake:
        return Lake.open(self.root / "lake")

    def land(
        self, after: timedelta = timedelta(minutes=3), asked: Asked = NOTHING, tables: tuple[str, ...] = (), **options: Any
    ) -> LandingReport:
        self.pass_time(after)
        source = SqlDatabase("shop", self.system, self.database.dialect(), **options)
        report = LandingReport()
        for table in land(
            [source],
            Lake.open(self.root / "lake"),
            DefaultQuality(),
            clock=lambda: self.now.replace(tzinfo=UTC),
            asked=asked,
            tables=tables,
            report=report,
        ):
            assert table.rows_read == table.rows_landed + table.rows_quarantined + table.rows_known
        source.close()
        return report

    def bronze(self, table: str, names: str) -> list[tuple[Any, ...]]:
        lake = Lake.open(self.root / "lake")
        files = [lake.url(file.path) for commit in lake.live().commits if commit.table == table for file in commit.files]
        if not files:
            return []
        return (
            lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
            .order("_batch_id, _position")
            .project(names)
            .fetchall()
        )


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    database = open_database(request.param, request, tmp_path)
    yield Shop(tmp_path, database)
    database.close()


def test_a_run_brings_what_changed_and_drops_what_it_knows(shop: Shop) -> None:
    shop.order(1)
    shop.order(2)
    shop.land()
    shop.order(2, "paid")
    report = shop.land()
    orders = report.tables[0]
    assert (orders.rows_read, orders.rows_landed, orders.rows_known) == (2, 1, 1)
    assert shop.bronze("orders", "id, status") == [(1, "new"), (2, "new"), (2, "paid")]
    quiet = shop.land()
    assert quiet.commits == []
    assert quiet.tables[0].rows_known == quiet.tables[0].rows_read == 2


def test_ties_and_late_commits_are_not_lost(shop: Shop) -> None:
    shop.order(1)
    shop.land()
    shop.order(2, at=START)
    shop.order(3, at=START - timedelta(minutes=9))
    shop.land()
    assert shop.bronze("orders", "id") == [(1,), (2,), (3,)]


def test_a_value_that_comes_back_is_a_version_of_its_own(shop: Shop) -> None:
    for status in ("a", "b", "a"):
        shop.order(1, status, START)
        shop.land(after=timedelta(minutes=3))
    assert shop.bronze("orders", "status") == [("a",), ("b",), ("a",)]


def test_a_row_from_the_future_lands_once_and_holds_nothing_up(shop: Shop) -> None:
    shop.order(1, at="2999-01-01 00:00:00")
    shop.land()
    shop.order(2)
    shop.land()
    assert shop.land().commits == []
    assert shop.bronze("orders", "id") == [(1,), (2,)]


def test_a_bad_row_is_put_aside_once_and_lands_when_it_is_mended(shop: Shop) -> None:
    shop.order(1, None)
    is_loose = shop.database.engine == "sqlite"  # the others hold nothing but times in such a column
    shop.order(2, at="soon" if is_loose else None)
    first, again = shop.land(), shop.land()
    assert first.tables[0].bad == {"missing_value": 1, **({"not_a_timestamp": 1} if is_loose else {})}
    assert again.commits == []
    shop.order(1, "paid")
    assert shop.land().tables[0].rows_landed == 1


def test_items_land_with_their_order_and_only_when_they_changed(shop: Shop) -> None:
    shop.order(1)
    shop.do("insert into items values (10, 1, 'a'), (11, 1, 'b'), (90, null, 'orphan')")
    shop.land()
    shop.order(1, "paid")
    shop.do("update items set sku = 'c' where id = 11")
    report = shop.land()
    assert (report.tables[1].rows_landed, report.tables[1].rows_known) == (1, 1)
    assert shop.bronze("items", "id, sku") == [(10, "a"), (11, "b"), (90, "orphan"), (11, "c")]


def test_a_table_without_a_cursor_is_compared_whole(shop: Shop) -> None:
    shop.do("insert into rates values ('USD', '2024-03-01', '0.92000000'), ('JPY', '2024-03-01', '0.0061')")
    shop.land()
    shop.do("update rates set rate = '0.00610' where currency = 'JPY'")
    assert shop.land().commits == [], "the same number is the same version"
    shop.do("update rates set rate = '0.0062' where currency = 'JPY'")
    shop.land()
    rates = shop.bronze("rates", "currency, cast(rate as varchar)")
    assert (sorted(rates[:2]), rates[2:]) == ([("JPY", "0.00610000"), ("USD", "0.92000000")], [("JPY", "0.00620000")])


def test_a_lost_key_lands_as_a_tombstone_once(shop: Shop) -> None:
    for number in range(1, 11):
        shop.order(number)
    shop.land()
    shop.do("delete from orders where id = 7")
    assert shop.land(after=timedelta(hours=1)).tables[0].deleted == 0, "it is not time yet"
    report = shop.land(after=timedelta(days=1))
    assert report.tables[0].deleted == 1
    (tombstone,) = (row for row in shop.bronze("orders", "id, status, updated_at, _op, _file") if row[3] == "delete")
    assert tombstone == (7, None, shop.now, "delete", None)
    assert shop.land(after=timedelta(days=1)).tables[0].deleted == 0
    assert [commit.kind for commit in report.commits] == ["sweep", "sweep"]


def test_a_key_that_comes_back_lands_again(shop: Shop) -> None:
    for number in range(1, 11):
        shop.order(number)
    shop.land()
    shop.do("delete from orders where id = 7")
    shop.land(after=timedelta(days=1))
    shop.order(7)
    shop.land()
    assert [row for row in shop.bronze("orders", "id, _op") if row[0] == 7] == [(7, "upsert"), (7, "delete"), (7, "upsert")]


@pytest.mark.parametrize(
    ("lost", "message"), [(10, "orders is empty at the source"), (3, r"orders lost 3 of 10 rows at the source \(30%\)")]
)
def test_an_answer_that_lost_too_much_is_not_taken_for_deletes(shop: Shop, lost: int, message: str) -> None:
    import re

    for number in range(1, 11):
        shop.order(number)
    shop.land()
    shop.do(f"delete from orders where id <= {lost}")
    (error,) = shop.land(after=timedelta(days=1)).errors
    assert re.match(message, error.message)
    assert "delete" not in {row[0] for row in shop.bronze("orders", "_op")}
    assert shop.land(after=timedelta(days=1), max_delete_share=1.0).tables[0].deleted == (lost if lost < 10 else 0)


def test_a_new_column_of_the_shop_lands_and_is_told(shop: Shop) -> None:
    shop.order(1)
    shop.land()
    shop.do("alter table orders add column gift varchar(10)", "update orders set gift = 'yes', updated_at = '2024-03-01 12:02:00'")
    report = shop.land()
    assert report.tables[0].notes == ["orders: column not declared: gift; landed, declare it in systems/ to type it"]
    assert shop.bronze("orders", "id, gift") == [(1, None), (1, "yes")]


def test_a_column_added_later_makes_no_versions_of_rows_without_it(shop: Shop) -> None:
    shop.order(1)
    shop.order(2)
    shop.land()
    shop.do(f"alter table orders add column colour {shop.database.text}", "update orders set colour = 'blue' where id = 2")
    orders = shop.land().tables[0]
    assert (orders.rows_landed, orders.rows_known) == (1, 1)
    assert shop.bronze("orders", "id, colour") == [(1, None), (2, None), (2, "blue")]


def test_what_is_declared_otherwise_lands_again_as_declared(shop: Shop) -> None:
    shop.do("create table codes (id bigint primary key, code bigint)", "insert into codes values (1, 7), (2, 8)")
    codes = Table("codes", "", (Column("id", "bigint", nullable=False), Column("code", "bigint")), ("id",))
    source = shop.source(codes=codes)
    for kind, landed in (("bigint", 2), ("bigint", 0), ("varchar", 2), ("varchar", 0)):
        declared = replace(codes, columns=(codes.columns[0], Column("code", kind)))
        source = shop.source(codes=declared)
        report = LandingReport()
        with closing(source):
            list(land([source], shop.lake(), DefaultQuality(), tables=("codes",), report=report))
        assert report.total("rows_landed") == landed, kind


def test_a_day_may_be_the_cursor(shop: Shop) -> None:
    days = replace(ORDERS, columns=(*ORDERS.columns[:2], Column("updated_at", "date")), deletes="none")
    for number, day in enumerate(("2024-02-28", "2024-02-29", "2024-03-01"), start=1):
        shop.order(number, at=day)
    for expected in ([(1, "2024-02-28"), (2, "2024-02-29"), (3, "2024-03-01")], []):
        source = shop.source(orders=days)
        (report,) = land([source], shop.lake(), DefaultQuality(), tables=["orders"])
        source.close()
        assert report.rows_landed == len(expected)
    assert shop.bronze("orders", "id, cast(updated_at as varchar)") == [(1, "2024-02-28"), (2, "2024-02-29"), (3, "2024-03-01")]
    assert shop.lake().state().tables[("shop", "orders")].last_ingested_at == "2024-03-01"


@pytest.mark.parametrize(
    "night", [datetime(2024, 3, 30, 23), datetime(2024, 10, 26, 22)], ids=["an hour is left out", "an hour is lived twice"]
)
@pytest.mark.parametrize("minutes", [pytest.param(7, marks=pytest.mark.slow), 40, pytest.param(90, marks=pytest.mark.slow)])
def test_a_clock_on_the_wall_loses_nothing_and_doubles_nothing_when_it_is_changed(shop: Shop, night: datetime, minutes: int) -> None:
    shop.now, shop.system = night, replace(SYSTEM, zone="Europe/Berlin")
    shop.pass_time(timedelta())
    written = 0
    while shop.now < night + timedelta(hours=6):
        written += 1
        shop.order(written)
        shop.order(1000, f"change {written}")
        shop.land(after=timedelta(minutes=minutes))
    shop.land(after=timedelta(minutes=minutes))
    rows = shop.bronze("orders", "id, status")
    assert sorted(rows) == sorted(
        [(number, "new") for number in range(1, written + 1)] + [(1000, f"change {n}") for n in range(1, written + 1)]
    )
    assert [status for number, status in rows if number == 1000] == [f"change {n}" for n in range(1, written + 1)]


def test_an_empty_table_has_a_commit_and_then_none(shop: Shop) -> None:
    assert len(shop.land().commits) == 2, "the tables that are swept remember that they were read"
    assert shop.land().commits == []


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["order", "late", "delete", "land", "sweep", "item"]), st.integers(1, 4), st.sampled_from("ab")),
    min_size=1,
    max_size=14,
)


@settings(max_examples=HALF, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_the_last_version_of_every_key_in_the_lake_is_the_shops(
    actions: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(folder)
    hold_the_last_versions(shop, actions)
    shop.database.close()


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlite"])
@settings(max_examples=max(3, HALF // 4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_the_last_version_of_every_key_in_the_lake_is_that_of_a_shop_on_a_server(
    request: pytest.FixtureRequest, engine: str, actions: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(folder, open_database(engine, request, folder))
    hold_the_last_versions(shop, actions)
    shop.database.close()


def hold_the_last_versions(shop: Shop, actions: list[tuple[str, int, str]]) -> None:
    """Plays the actions, and holds the lake against the shop."""
    for action, number, value in [*actions, ("sweep", 0, "")]:
        match action:
            case "order":
                shop.order(number, value)
            case "late":
                shop.order(number, value, shop.now - timedelta(minutes=4))
            case "delete":
                # an order goes with its items: one left alone would come with no change of its order
                shop.do(f"delete from orders where id = {number}", f"delete from items where order_id = {number}")
            case "item":
                shop.item(number * 10, number, value)
                shop.order(number, value)
            case "land":
                shop.land()
            case "sweep":
                shop.order(99, "one that stays, so that the table is never empty")
                shop.land(after=timedelta(days=1), max_delete_share=1.0)
    rows = shop.bronze("orders", "id, status, _op, updated_at")
    last = {row[0]: row[1] for row in rows if row[2] == "upsert" and row is [other for other in rows if other[0] == row[0]][-1]}
    assert last == dict(shop.database.rows("select id, status from orders"))
    for before, after in zip(rows, rows[1:], strict=False):
        assert before != after, "no version lands twice in a row"
    items = dict(shop.bronze("items", "id, sku"))
    present = dict(shop.database.rows("select id, sku from items"))
    assert {number: items.get(number) for number in present} == present


def test_a_source_that_fails_midway_commits_nothing_of_its_table(shop: Shop) -> None:
    shop.order(1)
    broken = replace(ORDERS, columns=(*ORDERS.columns, Column("lost", "varchar", nullable=False)))
    source = shop.source(orders=broken)
    report = LandingReport()
    with closing(source):
        list(land([source], shop.lake(), DefaultQuality(), report=report))
    assert [(table.table, len(table.errors)) for table in report.tables] == [("orders", 1), ("items", 0), ("rates", 0)]
    assert shop.bronze("orders", "id") == []
