"""A maker of bicycles with seven currencies, two channels and a catalogue that keeps versions itself: against the raw files, by plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondaco.job import RunReport
from fondaco.job.verify import verify
from tests.whole.conftest import Shop, Unwatched

pytestmark = pytest.mark.slow

CONFIG = """\
version: 1
project: bikes
business: {{timezone: UTC, currency: USD}}
sources:
  bikes: {{type: files, path: "{drops}", system: adventureworks}}
"""


@dataclass(frozen=True)
class Bikes:
    """The warehouse after one run, and the raw files beside it."""

    shop: Shop
    report: RunReport
    raw: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.shop.rows(sql)

    def beside(self, sql: str) -> list[tuple[Any, ...]]:
        """An answer from the raw files, and from the tables of the warehouse under `made`."""
        return self.raw.execute(sql).fetchall()


@pytest.fixture(scope="module")
def bikes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bikes]:
    folder = shared_data / "adventureworks"
    shop = Shop(tmp_path_factory.mktemp("bikes") / "shop").configure(CONFIG.format(drops=folder))
    report = shop.run()
    with duckdb.connect() as raw:
        for file in folder.glob("*.parquet"):
            raw.execute(f"create view {file.stem} as from '{file}'")
        raw.execute(f"attach '{shop.settings.warehouse.path}' as made (read_only)")
        yield Bikes(shop, report, raw)


def test_nothing_is_lost_between_files_and_facts(bikes: Bikes) -> None:
    counts = {
        "dim_customers where member_kind = 'registered' and is_current": 18_484,
        "dim_resellers where member_kind = 'registered' and is_current": 701,
        "fact_orders": 31_455,
        "fact_order_items": 121_253,
        "fact_shipments": 31_455,
    }
    assert {table: bikes.shop.value(f"select count(*) from silver.{table}") for table in counts} == counts
    for table in bikes.report.tables:
        assert (table.read, table.quarantined, table.known) == (table.landed, 0, 0)
        assert bikes.beside(f"select count(*) from {table.table}") == [(table.landed,)]


def test_the_files_are_the_lake_and_the_lake_is_silver_and_gold_to_the_last_digit(bikes: Bikes) -> None:
    found = verify(bikes.shop.settings, Unwatched())
    assert found.differences == ()
    assert (found.equal, found.exit_code, found.notes) == (found.compared, 0, ())
    compared = {comparison.relation: comparison for comparison in found.comparisons}
    assert compared["bikes.order_items"].rows == compared["lines: lake to fact_order_items"].totals["lines"] == 121_253
    assert compared["lines: lake to fact_order_items"].rows == 7


def test_totals_per_currency_are_the_raw_files_to_the_last_digit(bikes: Bikes) -> None:
    expected = bikes.beside("select currency, count(*), sum(amount) from order_items join orders using (order_id) group by 1 order by 1")
    assert len(expected) == 7
    assert bikes.rows("select currency, count(*), sum(net_amount_txn) from silver.fact_order_items group by 1 order by 1") == expected


#: Every line with the rate of its day, in dollars.
PRICED = """
    select
        lines.order_id || '#' || lines.line_no as order_item_id, orders.currency, lines.amount,
        lines.quantity * lines.unit_price as gross, lines.quantity * lines.unit_price - lines.amount as discount,
        case when orders.currency = 'USD' then 1 else cast(rates.average_rate as decimal(18, 8)) end as rate
    from order_items as lines
    join orders using (order_id)
    left join currency_rates as rates on rates.currency = orders.currency and rates.rate_date = orders.order_date
"""


def test_every_line_is_converted_at_the_rate_of_its_orders_day(bikes: Bikes) -> None:
    assert bikes.beside(
        f"""
        select count(*), count(*) filter (
            facts.exchange_rate is distinct from priced.rate
            or facts.gross_amount is distinct from round(priced.gross * priced.rate, 4)
            or facts.discount_amount is distinct from round(priced.discount * priced.rate, 4)
            or (priced.discount = 0 and facts.net_amount is distinct from round(priced.amount * priced.rate, 4))
            or facts.net_amount <> facts.gross_amount - facts.discount_amount
            or abs(facts.net_amount - round(priced.amount * priced.rate, 4)) > 0.0001
        )
        from ({PRICED}) as priced full join made.silver.fact_order_items as facts using (order_item_id)
        """
    ) == [(121_253, 0)]


def test_the_ledger_and_gold_say_what_the_lines_tax_and_freight_come_to_in_dollars(bikes: Bikes) -> None:
    ((goods,),) = bikes.beside(f"select sum(round(gross * rate, 4) - round(discount * rate, 4)) from ({PRICED})")
    ((shipping, taxes),) = bikes.beside(
        """
        select sum(round(freight * rate, 4)), sum(round(tax * rate, 4)) from (
            select orders.*, case when currency = 'USD' then 1 else cast(average_rate as decimal(18, 8)) end as rate
            from orders left join currency_rates using (currency) where currency_rates.rate_date = orders.order_date
        )
        """
    )
    for table in ("silver.fact_sales_ledger", "gold.daily_sales"):
        assert bikes.rows(f"select sum(net_revenue), sum(shipping_revenue), sum(taxes) from {table}") == [(goods, shipping, taxes)]


MEMBERS = (
    ("fact_orders", "customer", "ordered_at"),
    ("fact_orders", "reseller", "ordered_at"),
    ("fact_order_items", "customer", "ordered_at"),
    ("fact_order_items", "product", "ordered_at"),
    ("fact_order_items", "reseller", "ordered_at"),
    ("fact_shipments", "customer", "shipped_at"),
)


@pytest.mark.parametrize(("fact", "member", "at"), MEMBERS)
def test_every_fact_joins_exactly_the_version_that_was_valid(bikes: Bikes, fact: str, member: str, at: str) -> None:
    found = bikes.rows(
        f"""
        select
            count(*), count(facts.{member}_key), count(*) filter (facts.{member}_key is null and facts.{member}_sk <> '-1'),
            count(*) filter (facts.{member}_key is not null and (
                versions.{member}_key is distinct from facts.{member}_key
                or facts.{at} < versions.valid_from or facts.{at} >= coalesce(versions.valid_to, timestamp '9999-12-31')
            ))
        from silver.{fact} as facts join silver.dim_{member}s as versions using ({member}_sk)
        """
    )
    facts, named, *wrong = found[0]
    assert facts == bikes.shop.value(f"select count(*) from silver.{fact}")
    assert named > 0
    assert wrong == [0, 0]


def test_the_product_of_a_line_is_the_version_that_the_sources_valid_from_gives_for_the_day(bikes: Bikes) -> None:
    attributes = "name, list_price, cost_price, category"
    compared = bikes.beside(
        f"""
        with catalogue as (
            select
                product_id, name, price as list_price, unit_cost as cost_price,
                coalesce(category || ' / ' || subcategory, category, subcategory) as category,
                -- the first version holds since ever: some were sold before it
                case when lag(valid_from) over versions is null then timestamp '1900-01-01' else valid_from end as begins,
                coalesce(lead(valid_from) over versions, timestamp '9999-12-31') as ends
            from product_versions window versions as (partition by product_id order by valid_from)
        ),
        expected as (
            select order_id || '#' || line_no as order_item_id, {attributes}
            from order_items join orders using (order_id) join catalogue using (product_id)
            where order_date >= begins and order_date < ends
        ),
        found as (
            select order_item_id, {attributes}
            from made.silver.fact_order_items join made.silver.dim_products using (product_sk)
        )
        select (select count(*) from expected), (select count(*) from (from expected except all from found))
        """
    )
    assert compared == [(121_253, 0)]


def test_prices_changed_while_the_shop_traded(bikes: Bikes) -> None:
    """Else the test above would prove little."""
    sold = "select product_key, count(distinct product_sk) as versions from silver.fact_order_items group by 1"
    assert bikes.shop.value(f"select count(*) from ({sold}) where versions > 1") > 50


def test_versions_that_end_before_they_start_are_warned_of_and_counted(bikes: Bikes) -> None:
    ((wrong,),) = bikes.beside("select count(*) from product_versions where valid_to_as_shipped <= valid_from")
    assert bikes.report.build is not None
    warned = {node.name: node.rows for node in bikes.report.build.nodes if node.status == "warn"}
    assert warned == {"assert_adventureworks_versions_end_after_they_start": wrong}
    assert wrong == 200
    assert bikes.report.exit_code == 0


def test_versions_that_end_before_they_start_are_named(bikes: Bikes, repo: Path) -> None:
    text = (repo / "warehouse/tests/assert_adventureworks_versions_end_after_they_start.sql").read_text()
    sql = text.split("}}", 1)[1].replace("{{ source('adventureworks', 'product_versions') }}", "bronze.adventureworks__product_versions")
    named = bikes.rows(sql)
    expected = bikes.beside(
        "select product_id, valid_from, valid_to_as_shipped from product_versions where valid_to_as_shipped <= valid_from"
    )
    assert sorted(named) == sorted(expected)


def test_a_second_run_finds_nothing_new(bikes: Bikes) -> None:
    again = bikes.shop.run()
    assert again.build is None
    assert {table.commits for table in again.tables} == {0}
