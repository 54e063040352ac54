"""Rows that no good shop would hold: always extra rows, numbered from nine million up, so that nothing true is lost with them.

SQLite lets any value into any column. Each of these rows breaks one rule; the diary says which, for tests of the quarantine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fondaco.sources.demo import chance, demand
from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.schema import GIFT_MESSAGE_DAY, Row

#: Dirty rows have ids above this.
FIRST_DIRTY_ID = 9_000_000

#: Dirty rows per day.
_EXPECTED = 0.3

_FATES = Deck.of(
    "dirt",
    {
        "quantity_in_words": 3,
        "impossible_date": 2,
        "negative_payment": 2,
        "no_country": 2,
        "impossible_birth_date": 1,
        "rate_not_available": 2,
        "refund_without_amount": 1,
        "order_without_currency": 1,
    },
)


def plan_day(day: Day) -> None:
    """Plans the day's dirty rows; they come after noon, when there are orders to spoil."""
    random = day.rng("dirt")
    cards = [_FATES.deal(day.shop.seed, day.shop.next_id("dirt_card") - 1) for _ in range(chance.poisson(random, _EXPECTED))]
    for kind in dict.fromkeys(cards):
        at = demand.moment(random, day.date)
        day.plan(at.replace(hour=max(at.hour, 12)), "dirt", {"kind": kind})


def _dirty(day: Day, at: str, payload: dict[str, Any]) -> None:
    order = day.placed[-1] if day.placed else None
    if order is None and payload["kind"] in ("quantity_in_words", "negative_payment", "refund_without_amount"):
        return
    number = FIRST_DIRTY_ID + day.shop.next_id("dirt")
    table, row, column, reason = _MAKERS[payload["kind"]](Spot(number, order, at))
    if table == "orders" and day.number >= GIFT_MESSAGE_DAY:
        row["gift_message"] = None
    if table == "order_items":
        # lines are read through their order
        day.touch("orders", row["order_id"], at)
    day.put(table, row)
    key = f"{row['currency']} {row['day']}" if table == "exchange_rates" else row["id"]
    day.tell("dirt", table=table, key=key, column=column, value=row[column], reason=reason)


@dataclass(frozen=True)
class Spot:
    """Where and when a dirty row appears: its own number, and an order of today for it to hang on."""

    number: int
    order: int | None
    at: str


#: Table, row, the column that is wrong and why.
_Made = tuple[str, Row, str, str]


def _quantity_in_words(spot: Spot) -> _Made:
    row = {"id": spot.number, "order_id": spot.order, "line_no": 99, "sku": "GIFT-25", "seller_id": None, "quantity": "three"}
    return (
        "order_items",
        {**row, "unit_price": 1000, "discount": 0, "tax": 0, "is_gift_card": 0, "currency": "EUR"},
        "quantity",
        "not a number",
    )


def _order(spot: Spot, **values: Any) -> Row:
    row = {
        "id": spot.number,
        "customer_id": None,
        "email": f"dirty{spot.number}@mail.example",
        "status": "paid",
        "channel": "web",
        "country": "DE",
    }
    amounts = {"currency": "EUR", "shipping": 490, "shipping_tax": 93, "discount": 0, "coupon": None, "is_test": 0}
    return {**row, **amounts, "placed_at": spot.at, "cancelled_at": None, "updated_at": spot.at, **values}


def _impossible_date(spot: Spot) -> _Made:
    return "orders", _order(spot, placed_at="31/02/2026 25:61"), "placed_at", "not a timestamp"


def _order_without_currency(spot: Spot) -> _Made:
    return "orders", _order(spot, currency=None), "currency", "missing"


def _negative_payment(spot: Spot) -> _Made:
    row = {
        "id": spot.number,
        "order_id": spot.order,
        "attempt": 9,
        "provider": "stripe",
        "method": "card",
        "status": "captured",
        "amount": -500,
    }
    return "payments", {**row, "currency": "EUR", "created_at": spot.at, "updated_at": spot.at}, "amount", "negative"


def _customer(spot: Spot, **values: Any) -> Row:
    name = {"id": spot.number, "email": f"dirty{spot.number}@mail.example", "phone": None, "first_name": "Dirty", "last_name": "Row"}
    home = {"street": "Nirgends 1", "city": "Nirgendwo", "postal_code": "00000", "country": "DE", "birth_date": None}
    rest = {"accepts_marketing": 0, "channel": "direct", "is_test": 0, "created_at": spot.at, "updated_at": spot.at}
    return {**name, **home, **rest, **values}


def _no_country(spot: Spot) -> _Made:
    return "customers", _customer(spot, country=None), "country", "missing"


def _impossible_birth_date(spot: Spot) -> _Made:
    return "customers", _customer(spot, birth_date="1987-02-30"), "birth_date", "not a date"


def _rate_not_available(spot: Spot) -> _Made:
    # XTS is the code that ISO 4217 keeps for tests: no order is in it
    return "exchange_rates", {"currency": "XTS", "day": spot.at[:10], "rate": "n/a", "updated_at": spot.at}, "rate", "not a number"


def _refund_without_amount(spot: Spot) -> _Made:
    row = {"id": spot.number, "order_id": spot.order, "order_item_id": None, "quantity": 0, "goods": None, "shipping": 0, "tax": 0}
    return "refunds", {**row, "currency": "EUR", "reason": "dirty", "refunded_at": spot.at, "updated_at": spot.at}, "goods", "missing"


_MAKERS: dict[str, Callable[[Spot], _Made]] = {
    "quantity_in_words": _quantity_in_words,
    "impossible_date": _impossible_date,
    "negative_payment": _negative_payment,
    "no_country": _no_country,
    "impossible_birth_date": _impossible_birth_date,
    "rate_not_available": _rate_not_available,
    "refund_without_amount": _refund_without_amount,
    "order_without_currency": _order_without_currency,
}

STEPS = {"dirt": _dirty}
