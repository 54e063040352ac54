"""Rows that no good shop would hold: always extra rows, numbered from nine million up, so that nothing true is lost with them.

SQLite lets any value into any column. Each of these rows breaks one rule; the diary says which, for tests of the quarantine.
"""

from __future__ import annotations

from collections.abc import Callable
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
    table, row, column, reason = _MAKERS[payload["kind"]](number, order, at)
    if table == "orders" and day.number >= GIFT_MESSAGE_DAY:
        row["gift_message"] = None
    if table == "order_items":
        # lines are read through their order
        day.touch("orders", row["order_id"], at)
    day.put(table, row)
    key = f"{row['currency']} {row['day']}" if table == "exchange_rates" else row["id"]
    day.tell("dirt", table=table, key=key, column=column, value=row[column], reason=reason)


_Made = tuple[str, Row, str, str]


def _quantity_in_words(number: int, order: int | None, at: str) -> _Made:
    row = {"id": number, "order_id": order, "line_no": 99, "sku": "GIFT-25", "seller_id": None, "quantity": "three"}
    return "order_items", {**row, "unit_price": 1000, "discount": 0, "tax": 0, "is_gift_card": 0}, "quantity", "not a number"


def _order(number: int, at: str, **values: Any) -> Row:
    row = {"id": number, "customer_id": None, "email": f"dirty{number}@mail.example", "status": "paid", "channel": "web", "country": "DE"}
    amounts = {"currency": "EUR", "shipping": 490, "shipping_tax": 93, "discount": 0, "coupon": None, "is_test": 0}
    return {**row, **amounts, "placed_at": at, "cancelled_at": None, "updated_at": at, **values}


def _impossible_date(number: int, order: int | None, at: str) -> _Made:
    return "orders", _order(number, at, placed_at="31/02/2026 25:61"), "placed_at", "not a timestamp"


def _order_without_currency(number: int, order: int | None, at: str) -> _Made:
    return "orders", _order(number, at, currency=None), "currency", "missing"


def _negative_payment(number: int, order: int | None, at: str) -> _Made:
    row = {"id": number, "order_id": order, "attempt": 9, "provider": "stripe", "method": "card", "status": "captured", "amount": -500}
    return "payments", {**row, "currency": "EUR", "created_at": at, "updated_at": at}, "amount", "negative"


def _customer(number: int, at: str, **values: Any) -> Row:
    name = {"id": number, "email": f"dirty{number}@mail.example", "phone": None, "first_name": "Dirty", "last_name": "Row"}
    home = {"street": "Nirgends 1", "city": "Nirgendwo", "postal_code": "00000", "country": "DE", "birth_date": None}
    rest = {"accepts_marketing": 0, "channel": "direct", "is_test": 0, "created_at": at, "updated_at": at}
    return {**name, **home, **rest, **values}


def _no_country(number: int, order: int | None, at: str) -> _Made:
    return "customers", _customer(number, at, country=None), "country", "missing"


def _impossible_birth_date(number: int, order: int | None, at: str) -> _Made:
    return "customers", _customer(number, at, birth_date="1987-02-30"), "birth_date", "not a date"


def _rate_not_available(number: int, order: int | None, at: str) -> _Made:
    # XTS is the code that ISO 4217 keeps for tests: no order is in it
    return "exchange_rates", {"currency": "XTS", "day": at[:10], "rate": "n/a", "updated_at": at}, "rate", "not a number"


def _refund_without_amount(number: int, order: int | None, at: str) -> _Made:
    row = {"id": number, "order_id": order, "order_item_id": None, "quantity": 0, "goods": None, "shipping": 0, "tax": 0}
    return "refunds", {**row, "currency": "EUR", "reason": "dirty", "refunded_at": at, "updated_at": at}, "goods", "missing"


_MAKERS: dict[str, Callable[[int, int | None, str], _Made]] = {
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
