"""What a day of trade changes of orders that it does not name: some settle, promises fall due, attempts fail by and by. Marts that are kept by order see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project

MARTS = ("orders", "parcels", "payment_performance", "delivery_performance", "unreconciled_orders", "customers")
THEN, LATER = datetime(2024, 1, 10, 12), datetime(2024, 2, 10, 12)


@pytest.fixture
def shop(repo: Path) -> Iterator[PlainShop]:
    """One order with a parcel that was promised and a payment that is pending; it is the last day of trade."""
    shop = PlainShop(Project(repo), repo)
    order = {"order_id": "first", "updated_at": THEN}
    shop.land("orders", order | {"customer_id": "x", "ordered_at": THEN})
    shop.land("order_items", {"order_item_id": "1", "order_id": "first"})
    shop.land("payments", order | {"payment_id": "1", "status": "pending", "amount": 10, "attempted_at": THEN})
    shop.land("shipments", order | {"shipment_id": "1", "quantity": 1, "shipped_at": THEN, "promised_at": datetime(2024, 1, 14)})
    shop.build(*MARTS)
    shop.next_day()
    yield shop
    shop.close()


def stands(shop: PlainShop) -> tuple[Any, ...]:
    """Whether the first order is settled, its parcel due, its attempt failed."""
    ((settled,),) = shop.rows("select is_settled from gold.orders where order_id = 'first'")
    ((due,),) = shop.rows("select is_due from gold.parcels")
    ((failed,),) = shop.rows("select sum(failed) from gold.payment_performance")
    return settled, due, int(failed)


def test_orders_settle_promises_fall_due_and_attempts_fail_by_the_trade_of_others_and_its_end(shop: PlainShop) -> None:
    assert stands(shop) == (False, False, 0)
    facts = "select rowid, * from silver.fact_orders where order_id = 'first'"
    before = shop.rows(facts)
    other = {"order_id": "other", "updated_at": LATER}
    shop.land("orders", other | {"ordered_at": LATER})
    shop.land("order_items", {"order_item_id": "2", "order_id": "other"})
    shop.build(*MARTS)
    assert (stands(shop), shop.rows(facts)) == ((True, True, 1), before)
    assert_is_as_rebuilt(shop)


def assert_is_as_rebuilt(shop: PlainShop) -> None:
    step_by_step = shop.contents()
    shop.build(*MARTS, full_refresh=True)
    assert shop.contents() == step_by_step


def test_the_last_day_of_trade_may_go_back_to_another_month(shop: PlainShop) -> None:
    other = {"order_id": "other", "updated_at": LATER}
    shop.land("orders", other | {"customer_id": "y", "ordered_at": LATER})
    shop.land("order_items", {"order_item_id": "2", "order_id": "other"})
    shop.build(*MARTS)
    shop.next_day()
    shop.land("orders", other, delete=True)
    shop.build(*MARTS)
    assert stands(shop) == (False, False, 0)
    assert_is_as_rebuilt(shop)
