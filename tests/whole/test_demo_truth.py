"""The simulated shop against its own truth, which is computed from its diary and never from its tables: once at first, then day by day."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import pytest

from fondaco.job import RunReport
from fondaco.job.simulate import live_on
from fondaco.job.verify import reads_of_lake, verify
from fondaco.sources.demo import ANSWERS, UNANSWERED, Truth, truth
from fondaco.sources.demo.schema import GIFT_MESSAGE_DAY
from tests.whole.conftest import Shop, Unwatched, differences

START = date(2025, 1, 1)
# dirt does not shrink with the shop: in a small one its share is large
CONFIG = """\
version: 1
project: small
business: {{timezone: Europe/Berlin, currency: EUR}}
quality: {{max_bad_share: 20%}}
sources:
  shop: {{type: demo, customers: {customers}, days: {days}, start: {start}, seed: {seed}}}
demo: true
"""


@dataclass(frozen=True)
class Size:
    """A shop, the days that it lived before the first run, and those that it lived before each run after that."""

    customers: int
    first_days: int
    then_days: tuple[int, ...]
    seed: int = 42

    @property
    def days(self) -> int:
        """All days lived."""
        return self.first_days + sum(self.then_days)

    @property
    def first_read(self) -> date:
        return START + timedelta(days=self.first_days - 1)

    @property
    def last_read(self) -> date:
        return START + timedelta(days=self.days - 1)

    @property
    def reads(self) -> frozenset[date]:
        """The days at whose end the shop is read."""
        return frozenset(self.first_read + timedelta(days=days) for days in accumulate(self.then_days, initial=0))


@dataclass(frozen=True)
class Lived:
    """A shop that was loaded once, then once a day."""

    size: Size
    shop: Shop
    runs: tuple[RunReport, ...]
    truth: Truth


# The small one is loaded the day before its orders get a column more; with this seed it changes and deletes members after. A run that
# comes a month late is as good as any, and by then the first new prices have had their four weeks.
SIZES = [
    pytest.param(Size(400, GIFT_MESSAGE_DAY - 1, (1, 1, 1, 33), seed=41), id="small"),
    pytest.param(Size(400, 75, (1,) * 12, seed=40), id="twelve_days", marks=pytest.mark.slow),
    pytest.param(Size(2_000, 518, (*(1,) * 20, 35), seed=42), id="year_and_a_half", marks=[pytest.mark.slow, pytest.mark.timeout(1_800)]),
]


@pytest.fixture(scope="module", params=SIZES)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    size: Size = request.param
    shop = Shop(tmp_path_factory.mktemp("lived") / "shop")
    shop.configure(CONFIG.format(customers=size.customers, days=size.first_days, start=START, seed=size.seed))
    runs = [shop.run()]
    for days in size.then_days:
        live_on(shop.settings, "shop", days, None, lambda day: None)
        runs.append(shop.run())
    diary = shop.root / ".fondaco" / "shop.sqlite"
    return Lived(size, shop, tuple(runs), truth(diary, reads=size.reads))


def test_every_version_row_and_figure_is_the_truth_to_the_last_digit(lived: Lived) -> None:
    found = verify(lived.shop.settings, Unwatched())
    assert found.differences == ()
    assert (found.equal, found.exit_code) == (found.compared, 0)
    assert found.until == lived.size.last_read
    # a small shop has no two products that twenty orders share; a shop in order has no issues
    empty = {comparison.relation for comparison in found.comparisons if not comparison.rows}
    assert empty <= {"gold.product_affinity", "gold.data_issues"}


def test_what_is_verified_is_all_that_stands_in_silver_and_gold(lived: Lived) -> None:
    made = lived.shop.rows(
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('silver', 'gold') "
        "union all select schema_name || '.' || view_name from duckdb_views() where schema_name in ('silver', 'gold')"
    )
    assert {name for (name,) in made} == ANSWERS.keys() | UNANSWERED.keys()
    assert all(UNANSWERED.values())


def test_the_days_of_reading_are_told_by_the_lake(lived: Lived) -> None:
    reads = reads_of_lake(lived.shop.lake, "shop", lived.shop.lake.head())
    assert reads["customers"].keys == lived.size.reads
    assert reads["orders"].rows == lived.size.reads


@pytest.mark.parametrize(("entity", "member"), [("customers", "customer"), ("products", "product"), ("resellers", "reseller")])
def test_the_versions_of_a_dimension_are_those_of_its_history(lived: Lived, entity: str, member: str) -> None:
    listed = f"{member}_key, version_number, observed_from, valid_to, is_deleted, is_current"
    found = lived.shop.rows(
        f"select {listed} from silver.dim_{entity} where member_kind not in ('guest', 'inferred', 'unknown') order by 1, 2"
    )
    assert found == lived.shop.rows(
        f"select {listed.replace('is_current', 'valid_to is null')} from history.{entity}_history order by 1, 2"
    )
    assert found


def test_a_customers_key_is_what_joins_totals_and_orders(lived: Lived) -> None:
    """Counted once more from the books alone, by days and by customers."""
    days = lived.shop.rows(
        "select business_date, sum(net_revenue), sum(orders) from gold.daily_sales group by 1 having sum(orders_booked) > 0 or sum(net_revenue) <> 0 or sum(total_sales) <> 0 order by 1"
    )
    assert days == [
        (day.business_date, day.net_revenue, day.orders)
        for day in lived.truth.daily_sales
        if day.orders_booked or day.net_revenue or day.total_sales
    ]
    totals = lived.shop.rows("select count(*), sum(orders), sum(net_revenue) from gold.customers where orders > 0")
    ours = lived.truth.customer_totals
    assert totals == [(len(ours), sum(one.orders for one in ours), sum(one.net_revenue for one in ours))]


def test_somebody_changed_and_somebody_was_deleted_while_the_runs_came(lived: Lived) -> None:
    """Else the tests above would prove little."""
    late = [version for versions in (lived.truth.customers, lived.truth.products, lived.truth.sellers) for version in versions]
    late = [version for version in late if version.observed_from[:10] > str(lived.size.first_read)]
    assert any(version.number > 1 and not version.is_deleted for version in late)
    assert any(version.is_deleted for version in late)


def test_day_by_day_ends_where_a_rebuild_from_the_lake_ends_the_time_of_landing_included(
    lived: Lived, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rebuilt = lived.shop.copy(tmp_path_factory.mktemp("rebuilt") / "shop")
    rebuilt.forget_the_warehouse()
    report = rebuilt.run()
    assert report.build is not None
    assert report.build.full_refresh
    assert sum(table.commits for table in report.tables) == 0
    assert not differences(lived.shop, rebuilt, landing=True)


def test_every_dirty_row_and_no_other_is_quarantined_with_its_column(lived: Lived) -> None:
    shown = lived.shop.call("quarantine", "show", "--limit", "1000000").data
    keys = {"exchange_rates": ("currency", "day"), "products": ("sku",)}
    found = sorted((row["table"], _key(row["raw"], keys.get(row["table"], ("id",))), row["column"]) for row in shown["rows"])
    assert found == sorted((row.table, str(row.key), row.column) for row in lived.truth.dirty_rows)
    assert shown["total"] == len(found) > 0


def _key(raw: Any, names: tuple[str, ...]) -> str:
    row = json.loads(raw) if isinstance(raw, str) else raw
    return " ".join(str(row[name]) for name in names)


def test_a_new_column_at_the_source_is_reported_once_and_lands(lived: Lived) -> None:
    if lived.size.days <= GIFT_MESSAGE_DAY:
        pytest.skip("this shop is too young")
    notes = [[note for table in run.tables for note in table.notes if "gift_message" in note] for run in lived.runs]
    arrived = max(GIFT_MESSAGE_DAY - lived.size.first_days + 1, 0)
    assert not any(notes[:arrived])
    assert any("not declared" in note for note in notes[arrived])
    with sqlite3.connect(lived.shop.root / ".fondaco" / "shop.sqlite") as shop:
        written = shop.execute("select id, gift_message from orders where gift_message is not null order by 1").fetchall()
    assert written
    assert (
        lived.shop.rows(
            "select id, max_by(gift_message, updated_at) from bronze.demo__orders where gift_message <> '' group by 1 order by 1"
        )
        == written
    )
