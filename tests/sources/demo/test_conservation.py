"""What was paid, what was owed and what was given back agree, order by order, in the tables themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

_ORDERS = """
WITH items AS (
    SELECT order_id, sum(quantity * unit_price - discount + tax) AS amount, sum(quantity * unit_price - discount) AS goods, sum(tax) AS tax
    FROM order_items WHERE id < 9000000 GROUP BY order_id
),
paid AS (
    SELECT order_id,
        sum(CASE WHEN status = 'captured' THEN amount ELSE 0 END) AS captured,
        sum(CASE WHEN status = 'chargeback' THEN amount ELSE 0 END) AS charged_back,
        sum(CASE WHEN status = 'pending' THEN amount ELSE 0 END) AS pending
    FROM payments WHERE id < 9000000 GROUP BY order_id
),
refunded AS (
    SELECT order_id, sum(goods + shipping + tax) AS refunded, sum(goods) AS goods, sum(shipping) AS shipping, sum(tax) AS tax,
        max(refunded_at) AS last_refund
    FROM refunds WHERE id < 9000000 GROUP BY order_id
)
SELECT o.id, o.status, items.amount - o.discount + o.shipping + o.shipping_tax AS total, o.cancelled_at, paid.captured, paid.charged_back,
    paid.pending, coalesce(refunded.refunded, 0) AS refunded, refunded.last_refund,
    items.goods - o.discount - coalesce(refunded.goods, 0) AS goods_left, o.shipping - coalesce(refunded.shipping, 0) AS shipping_left,
    items.tax + o.shipping_tax - coalesce(refunded.tax, 0) AS tax_left, o.discount, items.goods
FROM orders o LEFT JOIN items ON items.order_id = o.id LEFT JOIN paid ON paid.order_id = o.id LEFT JOIN refunded ON refunded.order_id = o.id
WHERE o.id < 9000000
"""


@pytest.fixture(scope="module")
def orders(year_and_a_half: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(year_and_a_half)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(_ORDERS).fetchall()


def _of(orders: list[sqlite3.Row], *statuses: str) -> Iterator[sqlite3.Row]:
    chosen = [order for order in orders if order["status"] in statuses]
    assert chosen
    return iter(chosen)


def test_every_order_has_a_line_and_an_attempt_to_pay_it(orders: list[sqlite3.Row]) -> None:
    assert all(order["total"] is not None and order["captured"] is not None for order in orders)


def test_a_paid_order_was_paid_to_the_cent(orders: list[sqlite3.Row]) -> None:
    for order in _of(orders, "paid", "shipped", "delivered"):
        assert order["captured"] + order["charged_back"] == order["total"], order["id"]


def test_an_order_that_failed_or_is_pending_was_not_paid(orders: list[sqlite3.Row]) -> None:
    for order in _of(orders, "failed", "pending"):
        assert order["captured"] == 0
        assert order["refunded"] == 0
        assert order["pending"] in (0, order["total"])


def test_of_a_cancelled_order_the_shop_keeps_only_what_it_has_refunded(orders: list[sqlite3.Row]) -> None:
    for order in _of(orders, "cancelled"):
        assert order["captured"] == order["refunded"]
        assert order["last_refund"] is None or order["last_refund"] < order["cancelled_at"]


def test_nobody_gets_back_more_than_was_paid(orders: list[sqlite3.Row]) -> None:
    for order in orders:
        assert order["refunded"] <= order["captured"]
        assert min(order["goods_left"], order["shipping_left"], order["tax_left"]) >= 0
        assert 0 <= order["discount"] <= order["goods"]


def test_no_line_gives_back_more_than_it_brought(year_and_a_half: Path) -> None:
    query = """SELECT count(*) FROM order_items i JOIN (SELECT order_item_id, sum(goods) AS goods, sum(tax) AS tax,
        sum(quantity) AS quantity FROM refunds GROUP BY 1) r ON r.order_item_id = i.id
        WHERE r.goods > i.quantity * i.unit_price - i.discount OR r.tax > i.tax OR r.quantity > i.quantity"""
    with closing(sqlite3.connect(year_and_a_half)) as connection:
        assert connection.execute(query).fetchone() == (0,)


def test_parcels_hold_the_units_that_were_ordered(year_and_a_half: Path) -> None:
    query = """SELECT count(*) FROM (SELECT order_id, sum(units) AS units FROM shipments GROUP BY 1) s
        JOIN (SELECT order_id, sum(quantity) AS units FROM order_items WHERE id < 9000000 AND is_gift_card = 0 GROUP BY 1) i
        USING (order_id) JOIN orders o ON o.id = s.order_id WHERE o.status = 'delivered' AND s.units <> i.units"""
    with closing(sqlite3.connect(year_and_a_half)) as connection:
        assert connection.execute(query).fetchone() == (0,)


def test_nothing_is_delivered_before_it_is_shipped_nor_shipped_before_it_is_paid(year_and_a_half: Path) -> None:
    query = """SELECT count(*) FROM shipments s WHERE delivered_at < shipped_at OR shipped_at < (SELECT max(created_at) FROM payments p
        WHERE p.order_id = s.order_id AND p.status = 'captured' AND p.id < 9000000)"""
    with closing(sqlite3.connect(year_and_a_half)) as connection:
        assert connection.execute(query).fetchone() == (0,)
