"""The ledger of restatements: for every day, what was known by then adds up to daily_sales as it was built that day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project
from tests.warehouse.test_facts import KEYS, ROWS, Landing

CELL = "business_date, country, channel, currency"
MEASURES = (
    "gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes", "gift_cards", "adjustments",
    "orders_booked", "orders", "units", "orders_with_coupon", "guest_orders",
)  # fmt: skip
MODELS = ("daily_sales", "sales_restatements", "orders")


@pytest.fixture(scope="module")
def project(repo: Path) -> Project:
    return Project(repo)


@pytest.fixture
def shop(project: Project, repo: Path) -> Iterator[PlainShop]:
    shop = PlainShop(project, repo)
    yield shop
    shop.close()


def daily_sales(shop: PlainShop) -> list[tuple[Any, ...]]:
    """daily_sales as it stands, but for who is new; cells of nothing are left out."""
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in MEASURES)
    some = " or ".join(f"{measure} <> 0" for measure in MEASURES)
    return shop.rows(f"select * from (select {CELL}, {sums} from gold.daily_sales group by all) where {some} order by all")


def known_by(shop: PlainShop, day: date) -> list[tuple[Any, ...]]:
    """The same from the ledger of restatements, as known when a day ended."""
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in MEASURES)
    some = " or ".join(f"{measure} <> 0" for measure in MEASURES)
    asked = f"select {CELL}, {sums} from gold.sales_restatements where known_date <= date '{day}' group by all"
    return shop.rows(f"select * from ({asked}) where {some} order by all")


def by_order_date(shop: PlainShop) -> list[tuple[Any, ...]]:
    return shop.rows(
        "select ordered_date, country, sum(net_amount) as net from gold.orders where is_valid group by all having net <> 0 order by all"
    )


def by_order_date_known_by(shop: PlainShop, day: date) -> list[tuple[Any, ...]]:
    return shop.rows(
        "select business_date, country, sum(net_revenue_by_order_date) as net from gold.sales_restatements "
        f"where known_date <= date '{day}' group by all having net <> 0 order by all"
    )


@st.composite
def _landing(draw: st.DrawFn) -> Landing:
    table = draw(st.sampled_from(["orders", "orders", "order_items", "order_items", "refunds", "refunds", "customers", "exchange_rates"]))
    row = draw(ROWS[table])
    if table == "exchange_rates" or draw(st.integers(0, 5)):
        return Landing(table, row, False)
    kept = KEYS.get(table, (f"{table[:-1]}_id",))
    return Landing(table, {name: value for name, value in row.items() if name in (*kept, "updated_at")}, True)


@given(
    days=st.lists(st.lists(st.lists(_landing(), min_size=1, max_size=5), min_size=1, max_size=2), min_size=2, max_size=4),
    gap=st.sampled_from([1, 1, 40]),
)
@settings(max_examples=max(15, settings().max_examples // 2))
def test_what_was_known_by_a_day_adds_up_to_daily_sales_as_built_that_day(
    project: Project, repo: Path, days: list[list[list[Landing]]], gap: int
) -> None:
    shop = PlainShop(project, repo)
    try:
        # a rate for every day: one that is missing stops a build
        rates = [date(2023, 12, 25) + timedelta(days=number) for number in range(140)]
        shop.land(
            "exchange_rates", *({"currency": "USD", "rate_date": day, "rate": "0.95", "updated_at": datetime(2023, 12, 1)} for day in rates)
        )
        built, ordered = {}, {}
        for builds in days:
            for landings in builds:
                for landing in landings:
                    shop.land(landing.table, landing.row, delete=landing.is_gone)
                shop.build(*MODELS)
            today = shop.now.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")).date()
            built[today], ordered[today] = daily_sales(shop), by_order_date(shop)
            shop.next_day(gap)
        assert {day: known_by(shop, day) for day in built} == built
        assert {day: by_order_date_known_by(shop, day) for day in ordered} == ordered
        step_by_step = shop.contents()
        shop.build(*MODELS, full_refresh=True)
        rebuilt = shop.contents()
        assert {name: rows for name, rows in rebuilt.items() if rows != step_by_step[name]} == {
            name: rows for name, rows in step_by_step.items() if rows != rebuilt[name]
        }
    finally:
        shop.close()


# --- why a figure changed -------------------------------------------------------------------------------------------


AT = datetime(2024, 1, 30, 12)


def told(shop: PlainShop, *measures: str) -> list[tuple[Any, ...]]:
    """What was learnt on the shop's last day: day, reason, whether it restates the day and the month, and the differences that are not 0."""
    rows = shop.rows(
        f"select business_date, reason, is_restatement, is_month_restated, {', '.join(measures)} from gold.sales_restatements "
        "where known_date = (select max(known_date) from gold.sales_restatements) order by all"
    )
    return [(f"{row[0]:%m-%d}", *row[1:4], *(None if value == 0 else str(value) for value in row[4:])) for row in rows]


@pytest.fixture
def open_month(shop: PlainShop) -> PlainShop:
    """An order of the 30th of January over 2 x 10.00, known that day; a day later another, on the 2nd of February a third."""
    shop.now = AT.replace(hour=20)
    for number, at in enumerate((AT, AT + timedelta(days=1), AT + timedelta(days=3)), 1):
        shop.land("orders", {"order_id": str(number), "ordered_at": at, "updated_at": at})
        shop.land("order_items", {"order_item_id": str(number), "order_id": str(number), "quantity": 2})
        shop.build(*MODELS)
        shop.next_day(1 if number == 1 else 2)
    return shop


def test_what_is_known_on_its_own_day_restates_nothing(open_month: PlainShop) -> None:
    assert told(open_month, "net_revenue", "orders") == [("02-02", "order", False, False, "20.0000", "1")]


def test_what_the_night_after_brings_is_on_time_and_what_the_next_one_brings_is_late(open_month: PlainShop) -> None:
    late = {"ordered_at": datetime(2024, 2, 3, 9), "updated_at": AT}
    open_month.now = datetime(2024, 2, 4, 1)
    open_month.land("orders", {"order_id": "4", "shipping_amount": 5} | late)
    open_month.build(*MODELS)
    assert told(open_month, "shipping_revenue") == [("02-03", "order", False, False, "5.0000")]
    open_month.next_day()
    open_month.land("orders", {"order_id": "5", "shipping_amount": 7} | late)
    open_month.build(*MODELS)
    assert told(open_month, "shipping_revenue", "orders") == [("02-03", "late_order", True, False, "7.0000", "1")]


def test_a_refund_is_booked_on_its_day_and_restates_the_day_of_its_order(open_month: PlainShop) -> None:
    refunded = datetime(2024, 2, 4, 9)
    open_month.land("refunds", {"refund_id": "1", "order_id": "1", "goods_amount": 5, "refunded_at": refunded, "updated_at": refunded})
    open_month.build(*MODELS)
    assert told(open_month, "net_revenue", "net_revenue_by_order_date") == [
        ("01-30", "refund", True, True, None, "-5.0000"),
        ("02-04", "refund", False, False, "-5.0000", None),
    ]


def test_a_cancellation_is_booked_on_its_day_and_restates_the_day_of_its_order(open_month: PlainShop) -> None:
    at = datetime(2024, 2, 4, 9)
    open_month.land("orders", {"order_id": "1", "ordered_at": AT, "status": "cancelled", "cancelled_at": at, "updated_at": at})
    open_month.build(*MODELS)
    assert told(open_month, "net_revenue", "net_revenue_by_order_date", "orders", "orders_booked") == [
        ("01-30", "cancellation", True, True, None, "-20.0000", "-1", None),
        ("02-04", "cancellation", False, False, "-20.0000", None, None, None),
    ]


def test_a_corrected_line_restates_its_closed_month_with_old_and_new(open_month: PlainShop) -> None:
    open_month.land("order_items", {"order_item_id": "1", "order_id": "1", "quantity": 3})
    open_month.build(*MODELS)
    assert told(open_month, "net_revenue_before", "net_revenue_after", "net_revenue", "units") == [
        ("01-30", "correction", True, True, "20.0000", "30.0000", "10.0000", "1.0000")
    ]


def test_an_order_that_turns_out_a_test_is_removed_from_its_day(open_month: PlainShop) -> None:
    open_month.land(
        "orders", {"order_id": "2", "ordered_at": AT + timedelta(days=1), "is_test": True, "updated_at": AT + timedelta(days=4)}
    )
    open_month.build(*MODELS)
    assert told(open_month, "net_revenue", "orders_booked") == [("01-31", "removal", True, True, "-20.0000", "-1")]


def test_another_rate_restates_the_days_it_serves(open_month: PlainShop) -> None:
    for day, rate in ((5, "0.9"), (6, "0.8")):
        open_month.now = datetime(2024, 2, day, 20)
        ordered = datetime(2024, 2, 5, 9)
        open_month.land(
            "exchange_rates", {"currency": "USD", "rate_date": date(2024, 2, 5), "rate": rate, "updated_at": datetime(2024, 2, day)}
        )
        if day == 5:
            open_month.land(
                "orders", {"order_id": "4", "currency": "USD", "shipping_amount": 10, "ordered_at": ordered, "updated_at": ordered}
            )
        open_month.build(*MODELS)
    # the day was still open: its first later landing brings the rate
    assert told(open_month, "shipping_revenue") == [("02-05", "rate", False, False, "-1.0000")]


def test_a_state_that_changes_nothing_of_the_books_is_no_news(open_month: PlainShop) -> None:
    before = open_month.rows("select max(known_date) from gold.sales_restatements")
    open_month.land("orders", {"order_id": "1", "ordered_at": AT, "status": "delivered", "updated_at": AT + timedelta(days=5)})
    open_month.build(*MODELS)
    assert open_month.rows("select max(known_date) from gold.sales_restatements") == before


def test_a_ledger_of_restatements_that_is_off_by_a_cent_is_found(open_month: PlainShop) -> None:
    question = open_month.project.test("restates_daily_sales", "sales_restatements")
    assert open_month.rows(question) == []
    open_month.connection.execute("update gold.sales_restatements set taxes = taxes + 0.01 where business_date = '2024-01-30'")
    assert len(open_month.rows(question)) == 1
