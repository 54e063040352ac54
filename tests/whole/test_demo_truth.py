"""The simulated shop against its own truth, which is computed from its diary and never from its tables: once at first, then day by day."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from itertools import accumulate
from typing import Any

import pytest

from fondaco.job import RunReport
from fondaco.job.simulate import live_on
from fondaco.sources.demo import MARTS, Truth, marts, truth
from fondaco.sources.demo.history import Version
from fondaco.sources.demo.schema import GIFT_MESSAGE_DAY
from tests.whole.conftest import Shop, differences

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
    marts: Mapping[str, Sequence[Mapping[str, Any]]]


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
    return Lived(size, shop, tuple(runs), truth(diary, reads=size.reads), marts(diary, reads=size.reads))


MEASURES = (
    "gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes", "total_sales",
    "orders_booked", "orders", "units",
)  # fmt: skip


def test_every_measure_of_every_day_is_the_truth_to_the_last_digit(lived: Lived) -> None:
    sums = ", ".join(f"sum({measure})" for measure in MEASURES)
    found = {day: values for day, *values in lived.shop.rows(f"select business_date, {sums} from gold.daily_sales group by 1")}
    expected = {day.business_date: [getattr(day, measure) for measure in MEASURES] for day in lived.truth.daily_sales}
    wrong = {day: (found.get(day), values) for day, values in expected.items() if found.get(day) != values}
    assert wrong == {}
    quiet = [values for day, values in found.items() if day not in expected]
    assert all(not any(values) for values in quiet)
    days = sorted(found)
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]


#: Named by a source and its own id in the warehouse, by the id alone in the truth.
_KEYS = frozenset({"order_key", "product_key", "other_product_key", "reseller_key", "seller"})
_NO_KEYS = frozenset({"own", "mixed", "unknown"})


def _as_in_the_warehouse(name: str, value: Any) -> Any:
    if value is None or (name in _KEYS and value in _NO_KEYS):
        return value
    if name == "customer_key":
        return warehouse_key(value)
    # a logarithm may differ in its last digit, nothing else is a float
    return f"shop:{value}" if name in _KEYS else round(value, 9) if isinstance(value, float) else value


@pytest.mark.parametrize("mart", MARTS)
def test_every_row_and_every_column_of_every_mart_is_the_truth_to_the_last_digit(lived: Lived, mart: str) -> None:
    layer = "silver" if mart.startswith("dim_") else "gold"
    columns = [str(name) for (name,) in lived.shop.rows(f"select column_name from (describe {layer}.{mart})")]
    rows = lived.marts[mart]
    assert all(set(row) == set(columns) for row in rows)
    expected = Counter(tuple(_as_in_the_warehouse(name, row[name]) for name in columns) for row in rows)
    found = Counter(
        tuple(round(value, 9) if isinstance(value, float) else value for value in row)
        for row in lived.shop.rows(f"select {', '.join(columns)} from {layer}.{mart}")
    )
    assert (expected - found, found - expected) == (Counter(), Counter())
    # a small shop has no two products that twenty orders share; a shop in order has no issues
    assert found or mart in ("product_affinity", "data_issues")


def test_every_mart_has_its_truth(lived: Lived) -> None:
    made = {name for (name,) in lived.shop.rows("select view_name from duckdb_views() where schema_name = 'gold'")}
    assert made == {name for name in MARTS if not name.startswith("dim_")}


AMOUNTS = ("gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes")


def test_every_order_is_the_truth_to_the_last_digit(lived: Lived) -> None:
    sums = ", ".join(f"coalesce(sum(ledger.{amount}), 0)" for amount in AMOUNTS)
    found = lived.shop.rows(
        f"""
        select
            cast(orders.order_id as bigint), orders.ordered_date, orders.customer_key, orders.status, orders.is_test, orders.is_booked,
            orders.is_valid, orders.units, {sums}
        from silver.fact_orders as orders
        left join silver.fact_sales_ledger as ledger using (order_key)
        group by all order by 1
        """
    )
    expected = [
        (
            order.order_id, order.business_date, order.customer_key and warehouse_key(order.customer_key), order.status, order.is_test,
            order.is_booked, order.is_valid, order.units,
            *(getattr(order, amount) for amount in AMOUNTS),
        )
        for order in lived.truth.orders
    ]  # fmt: skip
    assert found == expected


def warehouse_key(key: str) -> str:
    """The truth names a guest by the address, the warehouse by what cannot be read back."""
    return f"guest:{md5(key.encode()).hexdigest()}" if "@" in key else f"shop:{key}"


def test_every_customers_totals_are_the_truth_to_the_last_digit(lived: Lived) -> None:
    found = lived.shop.rows(
        """
        select customers.customer_key, member_kind = 'guest', customers.orders, units, net_revenue, first_order_date, last_order_date, days
        from gold.customers as customers
        join (
            select customer_key, count(distinct ordered_date) as days from gold.orders where is_valid group by 1
        ) as bought using (customer_key)
        order by 1
        """
    )
    expected = [
        (warehouse_key(one.customer_key), one.is_guest, one.orders, one.units, one.net_revenue, one.first_order_date, one.last_order_date, one.purchase_days)
        for one in lived.truth.customer_totals
    ]  # fmt: skip
    assert found == sorted(expected)


def test_whoever_never_bought_is_a_prospect_without_revenue(lived: Lived) -> None:
    buyers = {warehouse_key(one.customer_key) for one in lived.truth.customer_totals}
    others = lived.shop.rows("select customer_key, orders, net_revenue, rfm_segment from gold.customers where orders = 0 or orders is null")
    assert {row[1:] for row in others} <= {(0, Decimal(0), "Prospect")}
    assert not buyers & {row[0] for row in others}


@dataclass(frozen=True)
class Chain:
    """How a member's versions are named in the warehouse, and its attributes by the names of the source."""

    history: str
    dimension: str
    member: str
    attributes: Mapping[str, Callable[[Any], Any]]


def _same(value: Any) -> Any:
    return value


def _flag(value: Any) -> Any:
    return None if value is None else bool(value)


def _money(value: Any) -> Any:
    return None if value is None else Decimal(value) / 100


CUSTOMER_COLUMNS = ("email", "phone", "first_name", "last_name", "street", "city", "postal_code", "country")
CHAINS = {
    "customers": Chain(
        "customers_history", "dim_customers", "customer",
        {
            **dict.fromkeys(CUSTOMER_COLUMNS, _same),
            "birth_date": lambda value: value and date.fromisoformat(value),
            "accepts_marketing": _flag,
            "channel as acquisition_channel": _same,
            "is_test": _flag,
        },
    ),
    "products": Chain(
        "products_history", "dim_products", "product",
        {
            **dict.fromkeys(("name", "category", "brand", "status", "currency"), _same),
            "seller_id as reseller_id": lambda value: None if value is None else str(value),
            "price as list_price": _money,
            "cost as cost_price": _money,
        },
    ),
    "sellers": Chain(
        "resellers_history", "dim_resellers", "reseller",
        {
            **dict.fromkeys(("name", "email", "phone", "country", "status"), _same),
            "commission_pct as commission_rate": lambda value: Decimal(value) / 100,
        },
    ),
}  # fmt: skip


def _expected(chain: Chain, versions: Collection[Version]) -> Iterator[tuple[Any, ...]]:
    for version in versions:
        # what a deleted member was is for its last living version to say
        values = None if version.is_deleted else tuple(say(version.values[name.split(" as ")[0]]) for name, say in chain.attributes.items())
        yield str(version.key), version.number, _moment(version.observed_from), _moment(version.valid_to), version.is_deleted, values


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize("entity", CHAINS)
def test_every_version_is_the_truth_of_a_reader_who_came_when_the_runs_came(lived: Lived, entity: str) -> None:
    chain = CHAINS[entity]
    columns = [name.split(" as ")[-1] for name in chain.attributes]
    rows = lived.shop.rows(
        f"""
        select {chain.member}_id, version_number, observed_from, valid_to, is_deleted, {", ".join(columns)}
        from history.{chain.history} order by 1, 2
        """
    )
    found = [(*row[:5], None if row[4] else tuple(row[5:])) for row in rows]
    expected = sorted(_expected(chain, getattr(lived.truth, entity)), key=lambda version: version[:2])
    assert found == expected


@pytest.mark.parametrize("entity", CHAINS)
def test_the_versions_of_a_dimension_are_those_of_its_history(lived: Lived, entity: str) -> None:
    chain = CHAINS[entity]
    listed = f"{chain.member}_key, version_number, observed_from, valid_to, is_deleted, is_current"
    found = lived.shop.rows(
        f"select {listed} from silver.{chain.dimension} where member_kind not in ('guest', 'inferred', 'unknown') order by 1, 2"
    )
    assert found == lived.shop.rows(f"select {listed.replace('is_current', 'valid_to is null')} from history.{chain.history} order by 1, 2")
    assert found


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
