"""A shop without an answer key is held against its sources: what differs is named, what cannot be compared is said, the rest is equal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from fondaco.job.verify import Verification, verify
from tests.whole.conftest import Shop, Unwatched, retail
from tests.whole.test_online_retail import DAYS, line


def verified(shop: Shop) -> Verification:
    return verify(shop.settings, Unwatched())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Five days of a gift shop, one of them with a line that cannot be typed."""
    shop = retail(tmp_path_factory.mktemp("verified") / "shop", DAYS, more="quality: {max_bad_share: 100%}\n")
    good = line("545500", "22632", 1, "2011-03-29 10:00:00", "1.65")
    shop.drop("2011-03-29.csv.gz", [good, good.replace(",1,2011", ",six,2011")])
    shop.run()
    return shop


@pytest.fixture
def shop(built: Shop, shop_at: Callable[[], Path]) -> Shop:
    return built.copy(shop_at())


def test_what_was_read_is_what_is_read_again_the_rows_put_aside_included(built: Shop) -> None:
    found = verified(built)
    assert found.differences == ()
    assert (found.equal, found.notes, found.exit_code) == (found.compared, (), 0)
    rows = {comparison.relation: comparison.rows for comparison in found.comparisons}
    assert rows["gifts.invoice_lines"] == sum(map(len, DAYS.values())) + 1
    assert rows["gifts.invoice_lines, put aside"] == 1
    assert not list((built.root / ".fondaco").glob("reread-*"))


def test_a_cent_that_the_lake_has_too_many_is_named_with_file_and_row(shop: Shop) -> None:
    file = max((shop.root / "lake").rglob("*-0000.parquet"))
    with duckdb.connect() as connection:
        table = connection.execute(
            f"select * replace (UnitPrice + 0.01 as UnitPrice) from read_parquet('{file}', hive_partitioning = false)"
        ).to_arrow_table()
    pq.write_table(table.cast(pq.read_schema(file)), file)
    found = verified(shop)
    assert found.exit_code == 1
    assert {difference.column for difference in found.differences if difference.relation == "gifts.invoice_lines"} == {"UnitPrice"}


@pytest.mark.parametrize(
    ("lost", "relation"),
    [
        ("delete from silver.fact_order_items where order_id = '536365' and line_number = 1", "lines: lake to fact_order_items"),
        ("update silver.fact_orders set total_amount_txn = total_amount_txn + 0.01 where order_id = '536365'", "orders: lake to fact_orders"),
        ("update silver.fact_sales_ledger set booked_amount = booked_amount + 0.01 where order_key = 'gifts:536366'", "money: ledger to daily_sales"),
        ("delete from silver.dim_customers where customer_id = '13047'", "customers: lake to dim_customers"),
    ],
)  # fmt: skip
def test_a_row_or_a_cent_that_is_lost_on_the_way_is_named_with_the_step(shop: Shop, lost: str, relation: str) -> None:
    with duckdb.connect(str(shop.settings.warehouse.path)) as warehouse:
        warehouse.execute(lost)
    found = verified(shop)
    assert {difference.relation for difference in found.differences} == {relation}
    assert found.exit_code == 1


def test_files_that_are_gone_or_new_are_left_out_and_said(shop: Shop) -> None:
    (shop.drops / "2010-12-01.csv.gz").unlink()
    (shop.drops / "2010-12-02.csv.gz").rename(shop.drops / "renamed.csv.gz")
    shop.drop("2011-04-01.csv.gz", [line("546000", "22632", 1, "2011-04-01 10:00:00", "1.65")])
    found = verified(shop)
    assert found.differences == ()
    assert found.notes == (
        "gifts.invoice_lines: 1 rows have not landed yet; they are left out",
        "gifts.invoice_lines: 7 rows are of files that are gone; they are left out",
    )
    # a build that is missing is said, too
    shop.call("ingest")
    assert "not in the warehouse yet" in verified(shop).notes[-1]


DATABASE = """\
version: 1
project: small
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 100%}
sources:
  shop: {type: sqlite, path: shop.sqlite, system: demo}
"""


@pytest.fixture
def database(shop_at: Callable[[], Path]) -> Shop:
    """The simulated shop's tables as a database like any other: no answer key is asked."""
    shop = Shop(shop_at()).configure(
        DATABASE.replace("{type: sqlite, path: shop.sqlite, system: demo}", "{type: demo, customers: 60, days: 40}")
    )
    shop.run("ingest")
    (shop.root / ".fondaco" / "shop.sqlite").rename(shop.root / "shop.sqlite")
    shop.configure(DATABASE)
    shop.run()
    return shop


def write(shop: Shop, *statements: tuple[Any, ...]) -> None:
    with sqlite3.connect(shop.root / "shop.sqlite") as connection:
        for sql, *values in statements:
            connection.execute(sql, values)


@pytest.mark.slow
def test_a_database_is_read_again_and_what_changed_since_is_left_out_and_said(database: Shop) -> None:
    found = verified(database)
    assert found.differences == ()
    assert found.exit_code == 0
    rows = {comparison.relation: comparison.rows for comparison in found.comparisons}
    assert rows["shop.orders"] > 10
    assert rows["shop.orders, put aside"] > 0
    write(
        database,
        ("update orders set status = 'shipped', updated_at = '2024-01-02 00:00:00.000000' where id = 5",),
        ("update shop_clock set now = '2024-02-10 12:00:00.000000'",),
        ("update orders set shipping = 1, updated_at = '2024-02-10 09:00:00.000000' where id = 7",),
        ("delete from customers where id = 3",),
    )
    found = verified(database)
    # one that was changed with a time long past, which no cursor sees
    (difference,) = [difference for difference in found.differences if difference.column == "status"]
    assert (difference.relation, difference.key, difference.expected) == ("shop.orders", "id=5", "shipped")
    assert "shop.orders: 1 rows changed at the source since; they are left out" in found.notes
    assert any(note.startswith("shop.order_items: ") and "changed at the source since" in note for note in found.notes)
    assert "shop.customers: 1 rows are no longer good rows of the source; they are left out" in found.notes
