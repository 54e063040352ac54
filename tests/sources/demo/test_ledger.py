"""The truth about money of a diary small enough to be reckoned by hand."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fondaco.sources.demo import ANSWERS, Truth, truth, write_truth
from fondaco.sources.demo.events import Event
from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.truth import CustomerTotals, DaySales, replay

DAY = date(2026, 1, 10)


def line(number: int, quantity: int, unit_price: int, *, discount: int = 0, tax: int = 0, gift: bool = False) -> dict[str, int]:
    amounts = {"quantity": quantity, "unit_price": unit_price, "discount": discount, "tax": tax}
    return {"id": number, "line_no": number % 10, **amounts, "is_gift_card": int(gift)}


def placed(number: int, at: str, lines: list[dict[str, int]], **values: Any) -> Event:
    order = {"id": number, "at": at, "placed_at": at, "customer_id": None, "email": None, "is_test": 0, "currency": "EUR"}
    return Event(DAY, "order.placed", {**order, "shipping": 0, "shipping_tax": 0, "discount": 0, **values, "lines": lines})


def happened(kind: str, number: int, at: str, **values: Any) -> Event:
    return Event(DAY, f"order.{kind}", {"id": number, "at": at, **values})


def refunded(number: int, at: str, *, item: int | None, goods: int, tax: int, shipping: int = 0) -> Event:
    return happened("refunded", number, at, item=item, quantity=1, goods=goods, shipping=shipping, tax=tax)


DIARY = [
    Event(DAY, "rate.published", {"currency": "USD", "day": "2026-01-12", "rate": "0.91234567"}),
    Event(DAY, "rate.published", {"currency": "JPY", "day": "2026-01-12", "rate": "0.00613755"}),
    Event(DAY, "rate.published", {"currency": "KWD", "day": "2026-01-12", "rate": "3.00520001"}),
    Event(DAY, "customer.created", {"key": 7, "at": "2026-01-01 08:00:00.000000", "row": {"id": 7, "is_test": 0}}),
    Event(DAY, "customer.created", {"key": 8, "at": "2026-01-01 08:00:00.000000", "row": {"id": 8, "is_test": 1}}),
    # half past eleven at night in Greenwich is the next day in Berlin; 1.00 off the order is 0.80 and 0.20 of the lines
    placed(
        1,
        "2026-01-10 23:30:00.000000",
        [line(11, 2, 1000, tax=365), line(12, 1, 505, discount=5, tax=91)],
        customer_id=7,
        email="a@b.example",
        shipping=490,
        shipping_tax=93,
        discount=100,
    ),
    refunded(1, "2026-01-15 10:00:00.000000", item=11, goods=960, tax=182),
    happened("cancelled", 1, "2026-01-16 09:00:00.000000"),
    # dollars: 3.33 off are borne by the first line alone; a refund of the whole order, too
    placed(
        2,
        "2026-01-12 12:00:00.000000",
        [line(21, 3, 1333, tax=266), line(22, 1, 1)],
        customer_id=7,
        email="a@b.example",
        discount=333,
        currency="USD",
    ),
    refunded(2, "2026-01-15 11:00:00.000000", item=None, goods=100, tax=7),
    # a guest buys a gift card and goods in yen
    placed(
        3,
        "2026-01-12 13:00:00.000000",
        [line(31, 1, 1200, tax=120), line(32, 1, 2500, gift=True)],
        email=" Ann@Mail.example ",
        currency="JPY",
    ),
    # dinars have thousandths; one line is taken off
    placed(4, "2026-01-12 14:00:00.000000", [line(41, 1, 1234), line(42, 1, 9999)], email="ann@mail.example", currency="KWD"),
    happened("line_removed", 4, "2026-01-12 15:00:00.000000", item=42),
    # none of these counts: the shop's own test, a tester's order, one that was never paid
    placed(5, "2026-01-12 14:00:00.000000", [line(51, 1, 100)], is_test=1),
    placed(6, "2026-01-12 14:00:00.000000", [line(61, 1, 100)], customer_id=8),
    placed(7, "2026-01-12 14:00:00.000000", [line(71, 1, 100)], customer_id=7),
    happened("status", 7, "2026-01-12 15:00:00.000000", status="failed"),
    # nobody knows who bought this
    placed(8, "2026-01-12 14:00:00.000000", [line(81, 4, 25)]),
]


@pytest.fixture(scope="module")
def known() -> Truth:
    return replay(DIARY)


MEASURES = ("gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes", "total_sales")


def money(day: DaySales) -> tuple[int, dict[str, Decimal]]:
    return day.business_date.day, {measure: getattr(day, measure) for measure in MEASURES if getattr(day, measure)}


def euros(**amounts: str) -> dict[str, Decimal]:
    return {measure: Decimal(amount) for measure, amount in amounts.items()}


def test_each_business_day_has_what_was_booked_on_it(known: Truth) -> None:
    assert [money(day) for day in known.daily_sales] == [
        (11, euros(gross_sales="25.05", discounts="1.05", net_revenue="24.00", shipping_revenue="4.90", taxes="5.49", total_sales="34.39")),
        # gross: 39.99 and 0.01 USD are 36.4847 and 0.0091; 1200 JPY 7.3651; 1.234 KWD 3.7084; 1.00 EUR
        # discounts: 3.33 USD are 3.0381; taxes: 2.66 USD are 2.4268, 120 JPY 0.7365
        (12, euros(gross_sales="48.5673", discounts="3.0381", net_revenue="45.5292", taxes="3.1633", total_sales="48.6925")),
        # returns: 9.60 EUR and 1.00 USD = 0.9123; tax 1.82 EUR and 0.07 USD = 0.0639
        (15, euros(returns="10.5123", net_revenue="-10.5123", taxes="-1.8839", total_sales="-12.3962")),
        # 25.05 - 1.05 - 9.60; shipping; tax 5.49 - 1.82
        (16, euros(cancellations="14.40", net_revenue="-14.40", shipping_revenue="-4.90", taxes="-3.67", total_sales="-22.97")),
    ]


def test_orders_and_units_are_counted_on_the_day_of_the_order(known: Truth) -> None:
    counts = [(day.business_date.day, day.orders_booked, day.orders, day.units) for day in known.daily_sales]
    # the order of the 11th was cancelled; gift cards and lines taken off are no units
    assert counts == [(11, 1, 0, 0), (12, 4, 4, 10), (15, 0, 0, 0), (16, 0, 0, 0)]


def test_a_cancelled_order_comes_to_nothing(known: Truth) -> None:
    cancelled = known.orders[0]
    assert (cancelled.order_id, cancelled.status, cancelled.is_booked, cancelled.is_valid) == (1, "cancelled", True, False)
    assert not any((cancelled.net_revenue, cancelled.shipping_revenue, cancelled.taxes))


def test_orders_know_what_they_came_to(known: Truth) -> None:
    nets = {order.order_id: str(order.net_revenue) for order in known.orders if order.is_valid}
    # 36.4938 - 3.0381 - 0.9123
    assert nets == {2: "32.5434", 3: "7.3651", 4: "3.7084", 8: "1.0000"}


def test_tests_and_orders_that_failed_are_not_booked(known: Truth) -> None:
    assert [order.order_id for order in known.orders if not order.is_booked] == [5, 6, 7]
    assert [order.order_id for order in known.orders if order.is_test] == [5, 6]


def test_customers_are_known_by_number_and_guests_by_trimmed_lower_case_address(known: Truth) -> None:
    day = date(2026, 1, 12)
    assert known.customer_totals == (
        CustomerTotals("7", False, 1, 1, 4, Decimal("32.5434"), day, day),
        CustomerTotals("ann@mail.example", True, 2, 1, 2, Decimal("11.0735"), day, day),
    )


def test_a_diary_read_up_to_a_day_knows_nothing_later() -> None:
    before = replay(event for event in DIARY if event.kind != "order.cancelled")
    assert before.orders[0].is_valid
    assert before.orders[0].net_revenue == Decimal("14.4000")


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-28 22:59:59.999999", date(2026, 3, 28)),
        ("2026-03-28 23:00:00.000000", date(2026, 3, 29)),
        ("2026-03-29 22:00:00.000000", date(2026, 3, 30)),  # summer time began that night
        ("2025-10-26 22:30:00.000000", date(2025, 10, 26)),  # and ended
        ("2024-02-28 23:30:00.000000", date(2024, 2, 29)),
    ],
)
def test_the_business_day_is_the_one_in_berlin(at: str, day: date) -> None:
    assert business_date(at) == day


def test_all_days_together_bring_what_all_orders_brought(year_and_a_half: Path) -> None:
    known = truth(year_and_a_half)
    for measure in ("gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes"):
        assert sum(getattr(day, measure) for day in known.daily_sales) == sum(getattr(order, measure) for order in known.orders)
    assert sum(day.orders for day in known.daily_sales) == sum(order.is_valid for order in known.orders)
    assert all(order.net_revenue == 0 and order.taxes == 0 for order in known.orders if not order.is_valid)


@pytest.mark.parametrize(("table", "key"), [("customers", "id"), ("products", "sku"), ("sellers", "id")])
def test_the_last_versions_are_the_rows_of_the_tables(year_and_a_half: Path, table: str, key: str) -> None:
    is_clean = "" if key == "sku" else f"WHERE {key} < 9000000"
    rows = {row[key]: row for row in _rows(year_and_a_half, f"SELECT * FROM {table} {is_clean}")}
    for row in rows.values():
        del row["updated_at"]
    versions = getattr(truth(year_and_a_half), table)
    assert rows == {version.key: dict(version.values) for version in versions if version.valid_to is None and not version.is_deleted}


def test_the_diary_and_the_tables_know_the_same_orders(year_and_a_half: Path) -> None:
    rows = _rows(year_and_a_half, "SELECT id, status FROM orders WHERE id < 9000000")
    assert {order.order_id: order.status for order in truth(year_and_a_half).orders} == {row["id"]: row["status"] for row in rows}


def test_the_diary_and_the_tables_come_to_the_same_sales_in_euros(year_and_a_half: Path) -> None:
    booked = """SELECT coalesce(sum(quantity * unit_price), 0) AS gross FROM order_items i JOIN orders o ON o.id = i.order_id
        LEFT JOIN customers c ON c.id = o.customer_id WHERE i.id < 9000000 AND o.currency = 'EUR' AND i.is_gift_card = 0
        AND o.status <> 'failed' AND o.is_test = 0 AND coalesce(c.is_test, 0) = 0"""
    euros = {row["id"] for row in _rows(year_and_a_half, "SELECT id FROM orders WHERE currency = 'EUR'")}
    gross = sum(order.gross_sales for order in truth(year_and_a_half).orders if order.order_id in euros)
    assert gross * 100 == _rows(year_and_a_half, booked)[0]["gross"] > 0


def _rows(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def test_the_truth_is_written_as_json_lines_with_every_digit(two_months: Path, tmp_path: Path) -> None:
    write_truth(two_months, tmp_path / "truth")
    known = truth(two_months)
    days = [json.loads(text) for text in (tmp_path / "truth" / "daily_sales.jsonl").read_text().splitlines()]
    assert [(day["business_date"], day["net_revenue"]) for day in days] == [
        (day.business_date.isoformat(), str(day.net_revenue)) for day in known.daily_sales
    ]
    assert {path.name for path in (tmp_path / "truth").iterdir()} == {
        "customers.jsonl",
        "customers_daily.jsonl",
        "products.jsonl",
        "products_daily.jsonl",
        "sellers.jsonl",
        "sellers_daily.jsonl",
        "daily_sales.jsonl",
        "customer_totals.jsonl",
        "orders.jsonl",
        "dirty_rows.jsonl",
        *(f"{name.replace('.', '_')}.jsonl" for name in ANSWERS),
    }
