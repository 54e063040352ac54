"""Every kind of thing that the shop promises does happen, as its tables or its diary show."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from fondaco.sources.demo import every_day, truth
from fondaco.sources.demo.history import Version

_CLEAN = "id < 9000000"

#: What happens, and a query that counts it in the tables.
HAPPENINGS = {
    "guests order with an e-mail": f"SELECT count(*) FROM orders WHERE customer_id IS NULL AND email IS NOT NULL AND {_CLEAN}",
    "guests come again": f"""SELECT count(*) FROM (SELECT lower(trim(email)) FROM orders
        WHERE customer_id IS NULL AND is_test = 0 AND {_CLEAN} GROUP BY 1 HAVING count(*) > 1)""",
    "guests type their address in other letters": """SELECT count(*) FROM orders a JOIN orders b
        ON lower(trim(a.email)) = lower(trim(b.email)) AND a.email <> b.email AND a.customer_id IS NULL AND b.customer_id IS NULL""",
    "orders without any customer": f"SELECT count(*) FROM orders WHERE customer_id IS NULL AND email IS NULL AND {_CLEAN}",
    "test orders": "SELECT count(*) FROM orders WHERE is_test = 1",
    "orders of test accounts": "SELECT count(*) FROM orders o JOIN customers c ON c.id = customer_id WHERE c.is_test = 1 AND o.is_test = 0",
    "phone orders keyed in days later": f"""SELECT count(*) FROM orders o WHERE {_CLEAN} AND (SELECT min(created_at) FROM payments p
        WHERE p.order_id = o.id AND p.id < 9000000) > datetime(placed_at, '+1 day')""",
    "customers keyed in after their first order": """SELECT count(*) FROM customers c WHERE created_at >
        (SELECT min(placed_at) FROM orders o WHERE o.customer_id = c.id)""",
    "orders of customers who were forgotten": """SELECT count(*) FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)
        AND customer_id IN (SELECT json_extract(payload, '$.key') FROM _events WHERE kind = 'customer.deleted')""",
    "coupons": f"SELECT count(*) FROM orders WHERE coupon IS NOT NULL AND {_CLEAN}",
    "coupons typed carelessly": "SELECT count(*) FROM orders WHERE coupon <> upper(trim(coupon))",
    "discounts on whole orders": "SELECT count(*) FROM orders WHERE discount > 0",
    "discounts on lines": "SELECT count(*) FROM order_items WHERE discount > 0",
    "free shipping": "SELECT count(*) FROM orders WHERE shipping = 0",
    "gift cards with goods": """SELECT count(*) FROM (SELECT order_id FROM order_items GROUP BY order_id
        HAVING max(is_gift_card) = 1 AND min(is_gift_card) = 0)""",
    "orders of a gift card alone": "SELECT count(*) FROM (SELECT order_id FROM order_items GROUP BY order_id HAVING min(is_gift_card) = 1)",
    "payments that fail and are retried": """SELECT count(*) FROM payments a JOIN payments b USING (order_id)
        WHERE a.status = 'failed' AND b.status = 'captured' AND b.attempt > a.attempt""",
    "orders that are never paid": "SELECT count(*) FROM orders WHERE status = 'failed'",
    "payments that are pending": "SELECT count(*) FROM payments WHERE status = 'pending'",
    "chargebacks": "SELECT count(*) FROM payments WHERE status = 'chargeback'",
    "voided payments": "SELECT count(*) FROM payments WHERE status = 'voided'",
    "payments in two parts": """SELECT count(*) FROM (SELECT order_id FROM payments WHERE status = 'captured' AND id < 9000000
        GROUP BY order_id HAVING count(*) > 1)""",
    "split shipments": "SELECT count(*) FROM (SELECT order_id FROM shipments GROUP BY order_id HAVING count(*) > 1)",
    "late deliveries": "SELECT count(*) FROM shipments WHERE delivered_at > promised_at",
    "deliveries in time": "SELECT count(*) FROM shipments WHERE delivered_at <= promised_at",
    "parcels without a promise": "SELECT count(*) FROM shipments WHERE promised_at IS NULL",
    "parcels that never arrive": """SELECT count(*) FROM shipments
        WHERE status = 'shipped' AND promised_at < (SELECT datetime(now, '-20 days') FROM shop_clock)""",
    "lost parcels": "SELECT count(*) FROM shipments WHERE status = 'lost'",
    "returned parcels": "SELECT count(*) FROM shipments WHERE status = 'returned'",
    "refunds of some units of a line": """SELECT count(*) FROM refunds r JOIN order_items i ON i.id = r.order_item_id
        WHERE r.quantity BETWEEN 1 AND i.quantity - 1""",
    "refunds of a whole line": "SELECT count(*) FROM refunds r JOIN order_items i ON i.id = r.order_item_id WHERE r.quantity = i.quantity",
    "goodwill refunds": "SELECT count(*) FROM refunds WHERE order_item_id IS NOT NULL AND quantity = 0 AND goods > 0",
    "refunds without a line": f"SELECT count(*) FROM refunds WHERE order_item_id IS NULL AND goods > 0 AND {_CLEAN}",
    "refunds of shipping alone": "SELECT count(*) FROM refunds WHERE goods = 0 AND shipping > 0",
    "orders with several refunds": f"SELECT count(*) FROM (SELECT order_id FROM refunds WHERE {_CLEAN} GROUP BY 1 HAVING count(*) > 1)",
    "cancellations": "SELECT count(*) FROM orders WHERE status = 'cancelled' AND cancelled_at IS NOT NULL",
    "cancellations after a refund": "SELECT count(*) FROM orders o JOIN refunds r ON r.order_id = o.id WHERE o.status = 'cancelled'",
    "refunds that are corrected later": "SELECT count(*) FROM refunds WHERE updated_at > datetime(refunded_at, '+7 days')",
    "orders updated weeks later": f"SELECT count(*) FROM orders WHERE updated_at > datetime(placed_at, '+9 days') AND {_CLEAN}",
    "orders that share their last update": f"SELECT count(*) FROM orders WHERE {_CLEAN} GROUP BY updated_at HAVING count(*) > 1",
    "customers updated in the last microsecond of a day": "SELECT count(*) FROM customers WHERE updated_at LIKE '%23:59:59.999999'",
    "products updated in the last microsecond of a day": "SELECT count(*) FROM products WHERE updated_at LIKE '%23:59:59.999999'",
    "lines taken off a pending order": "SELECT count(*) FROM _events WHERE kind = 'order.line_removed'",
    "discontinued products": "SELECT count(*) FROM products WHERE status = 'discontinued'",
    "products launched later": """SELECT count(*) FROM products
        WHERE created_at > (SELECT datetime(min(created_at), '+10 days') FROM products)""",
    "products deleted": "SELECT count(*) FROM _events WHERE kind = 'product.deleted'",
    "sellers who leave": "SELECT count(*) FROM sellers WHERE status = 'left'",
    "sellers who join later": "SELECT count(*) FROM sellers WHERE created_at > (SELECT datetime(min(created_at), '+10 days') FROM sellers)",
    "gift messages in the new column": "SELECT count(*) FROM orders WHERE gift_message IS NOT NULL",
    "dirty orders": "SELECT count(*) FROM orders WHERE id >= 9000000 AND placed_at = '31/02/2026 25:61'",
    "dirty lines": "SELECT count(*) FROM order_items WHERE typeof(quantity) = 'text'",
    "dirty payments": "SELECT count(*) FROM payments WHERE amount < 0",
    "dirty customers": "SELECT count(*) FROM customers WHERE country IS NULL",
    "dirty rates": "SELECT count(*) FROM exchange_rates WHERE rate = 'n/a'",
    "dirty refunds": "SELECT count(*) FROM refunds WHERE goods IS NULL",
}


def count(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("what", HAPPENINGS)
def test_in_a_year_and_a_half_there_are(year_and_a_half: Path, what: str) -> None:
    assert count(year_and_a_half, HAPPENINGS[what]) > 0


def test_most_of_it_happens_within_two_months(two_months: Path) -> None:
    later = ["gift messages in the new column"]  # the column comes on day 300
    happened = [what for what, query in HAPPENINGS.items() if what not in later and count(two_months, query) > 0]
    assert len(happened) > 0.7 * len(HAPPENINGS)


@pytest.mark.parametrize("table", ["customers", "orders"])
def test_the_shop_trades_in_many_countries(year_and_a_half: Path, table: str) -> None:
    query = f"SELECT count(DISTINCT country) FROM {table} WHERE country IN ('DE', 'FR', 'NL', 'GB', 'US', 'JP', 'CH', 'PL', 'KW')"
    assert count(year_and_a_half, query) == 9


def test_the_shop_trades_in_seven_currencies_with_a_rate_for_every_order(year_and_a_half: Path) -> None:
    assert count(year_and_a_half, "SELECT count(DISTINCT currency) FROM orders WHERE currency IS NOT NULL") == 7
    without_rate = """SELECT count(*) FROM orders o WHERE id < 9000000 AND currency <> 'EUR' AND (
        NOT EXISTS (SELECT 1 FROM exchange_rates r WHERE r.currency = o.currency AND r.day = date(placed_at))
        OR NOT EXISTS (SELECT 1 FROM exchange_rates r WHERE r.currency = o.currency AND r.day = date(placed_at, '+2 hours')))"""
    assert count(year_and_a_half, without_rate) == 0


def test_every_dirty_row_is_told_of_and_has_a_number_of_its_own(year_and_a_half: Path) -> None:
    told = truth(year_and_a_half).dirty_rows
    tables = ("orders", "order_items", "payments", "customers", "refunds")
    numbered = sum(count(year_and_a_half, f"SELECT count(*) FROM {table} WHERE id >= 9000000") for table in tables)
    assert len(told) == numbered + count(year_and_a_half, HAPPENINGS["dirty rates"])
    assert 0.15 < len(told) / 548 < 0.4


def test_a_dirty_line_is_read_with_its_order_which_was_updated_with_it(year_and_a_half: Path) -> None:
    query = """SELECT count(*) FROM order_items i JOIN orders o ON o.id = i.order_id JOIN _events e
        ON e.kind = 'dirt' AND json_extract(e.payload, '$.key') = i.id WHERE i.id >= 9000000 AND o.updated_at >= e.day"""
    assert count(year_and_a_half, query) == count(year_and_a_half, HAPPENINGS["dirty lines"])


def _versions_of(versions: tuple[Version, ...]) -> dict[int | str, list[Version]]:
    grouped: dict[int | str, list[Version]] = {}
    for version in versions:
        grouped.setdefault(version.key, []).append(version)
    return grouped


@pytest.mark.parametrize("entity", ["customers", "products", "sellers"])
def test_members_change_and_change_back(year_and_a_half: Path, entity: str) -> None:
    members = _versions_of(getattr(truth(year_and_a_half), entity))
    two_apart = [(a, b) for chain in members.values() for a, b in zip(chain, chain[2:], strict=False) if not b.is_deleted]
    assert any(a.values == b.values for a, b in two_apart)


def test_customers_move_over_borders_and_change_phones_and_addresses(year_and_a_half: Path) -> None:
    changed: Counter[str] = Counter()
    for chain in _versions_of(truth(year_and_a_half).customers).values():
        for before, after in pairwise(chain):
            changed.update(name for name in after.values if after.values[name] != before.values[name])
    assert {"email", "phone", "street", "city", "country", "accepts_marketing"} <= changed.keys()


def test_a_reader_at_the_end_of_the_day_misses_some_changes(year_and_a_half: Path) -> None:
    all_changes = truth(year_and_a_half)
    daily = truth(year_and_a_half, reads=every_day(year_and_a_half))
    assert len(daily.products) < len(all_changes.products)
    assert len(daily.customers) < len(all_changes.customers)


def test_some_updates_change_nothing(year_and_a_half: Path) -> None:
    for entity in ("customer", "product", "seller"):
        assert count(year_and_a_half, f"SELECT count(*) FROM _events WHERE kind = '{entity}.touched'") > 0


def test_customers_buy_once_twice_and_very_often(year_and_a_half: Path) -> None:
    orders = [customer.orders for customer in truth(year_and_a_half).customer_totals]
    by_band = Counter(min(number, 6) for number in orders)
    assert all(by_band[band] > 0 for band in range(1, 7))
    assert by_band[1] > by_band[2] > by_band[4]


def test_trade_grows_and_has_its_season(year_and_a_half: Path) -> None:
    orders = Counter(order.business_date.isoformat()[:7] for order in truth(year_and_a_half).orders)
    assert orders["2026-05"] > orders["2025-05"]
    assert orders["2025-12"] > orders["2025-08"]


def test_orders_come_at_every_hour_but_most_by_day(year_and_a_half: Path) -> None:
    by_day = count(year_and_a_half, "SELECT count(*) FROM orders WHERE substr(placed_at, 12, 2) BETWEEN '08' AND '21' AND id < 9000000")
    hours = count(year_and_a_half, "SELECT count(DISTINCT substr(placed_at, 12, 2)) FROM orders WHERE id < 9000000")
    assert hours >= 22
    assert by_day > 0.8 * count(year_and_a_half, "SELECT count(*) FROM orders WHERE id < 9000000")
