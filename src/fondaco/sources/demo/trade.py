"""Orders are placed: the row, its lines, and the course that its payments, parcels, refunds or cancellation will take."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from fondaco.sources.demo import aftermath, basket, buyers, chance, delivery, payment
from fondaco.sources.demo.basket import Assortment, Basket
from fondaco.sources.demo.buyers import Buyer
from fondaco.sources.demo.clock import parse, stamp
from fondaco.sources.demo.course import Course, Line, Order
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.schema import GIFT_MESSAGE_DAY, Row

#: What the diary says of an order and of each of its lines.
_TOLD_OF_AN_ORDER = (
    "id", "placed_at", "customer_id", "email", "is_test", "channel", "country", "currency", "coupon", "shipping", "shipping_tax", "discount",
)  # fmt: skip
_TOLD_OF_A_LINE = ("id", "line_no", "sku", "seller_id", "quantity", "unit_price", "discount", "tax", "is_gift_card")

_MESSAGES = ("Happy birthday!", "Alles Gute, Oma", "For the best dad", "Joyeux Noël", "Sto lat!")


def _order(day: Day, at: str, payload: dict[str, Any]) -> None:
    buyer = buyers.step_buyer(day, at, payload)
    if buyer is None:
        return
    assortment = day.assortment = day.assortment or Assortment(day)
    number = day.shop.next_id("order")
    random = chance.rng(day.shop.seed, "order", number)
    goods = basket.fill(day, random, number, buyer.country, assortment, is_test=buyer.is_test)
    now = parse(at)
    order = _place(day, random, number, now, buyer, goods)
    course = Course(order)
    paid_at = payment.settle(day, course, random)
    if paid_at is not None:
        aftermath.follow(day, course, random, paid_at, delivery.Parcels(day, course, random))
    aftermath.archive(day, course, random)
    course.plan(day)


def _place(day: Day, random: Random, number: int, now: datetime, buyer: Buyer, goods: Basket) -> Order:
    placed_at = stamp(buyers.placed_at(day, now, buyer))
    row: Row = {
        "id": number,
        "customer_id": buyer.customer,
        "email": buyer.email,
        "status": "pending",
        "channel": "phone" if buyer.by_phone else random.choices(("web", "app", "phone"), weights=(62, 35, 3))[0],
        "country": buyer.country,
        "currency": goods.currency,
        "shipping": goods.shipping,
        "shipping_tax": goods.shipping_tax,
        "discount": goods.discount,
        "coupon": goods.coupon,
        "is_test": int(buyer.is_test),
        "placed_at": placed_at,
        "cancelled_at": None,
        "updated_at": stamp(now),
    }
    if day.number >= GIFT_MESSAGE_DAY:
        row["gift_message"] = random.choice(_MESSAGES) if random.random() < 0.07 else None
    day.put("orders", row)
    lines, told = [], []
    for line_no, (values, share) in enumerate(zip(goods.lines, goods.shares, strict=True), start=1):
        item = {"id": day.shop.next_id("order_item"), "order_id": number, "line_no": line_no, **values, "currency": goods.currency}
        day.put("order_items", item)
        gross = item["quantity"] * item["unit_price"]
        lines.append(Line(item["id"], item["quantity"], gross, gross - item["discount"] - share, item["tax"], bool(item["is_gift_card"])))
        told.append({name: item[name] for name in _TOLD_OF_A_LINE})
    day.tell("order.placed", at=stamp(now), lines=told, **{name: row[name] for name in _TOLD_OF_AN_ORDER})
    day.placed.append(number)
    return Order(number, now, goods.currency, buyer.country, goods.shipping, goods.shipping_tax, goods.discount, tuple(lines))


STEPS = {"order.by_customer": _order, "order.by_stranger": _order}
