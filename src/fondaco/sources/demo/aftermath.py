"""What comes after payment: delivery, refunds of every kind, cancellations, and updates that come weeks later."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from fondaco.sources.demo import money, payment
from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.course import Course, Line
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.delivery import Parcels

_FATES = Deck.of(
    "outcome",
    {
        "delivered": 127,
        "cancelled": 4,
        "refunded_then_cancelled": 1,
        "line_returned": 4,
        "units_returned": 3,
        "goodwill": 2,
        "order_level": 2,
        "two_refunds": 2,
        "returned_by_line": 2,
        "returned_at_once": 1,
        "lost": 1,
        "open": 1,
    },
)
_REASONS = ("damaged", "wrong size", "not as described", "changed mind", "arrived late")
_LATER = Deck.of("later", {"": 62, "touched": 22, "archived": 12, "channel_corrected": 4})


def follow(day: Day, course: Course, random: Random, paid_at: datetime, parcels: Parcels) -> None:
    """Plans the life of a paid order to its end."""
    order = course.order
    fate = _FATES.deal(day.shop.seed, order.id - 1)
    if fate in ("cancelled", "refunded_then_cancelled"):
        _cancel(day, course, random, paid_at, refunded_before=fate == "refunded_then_cancelled")
        return
    if fate in ("lost", "open"):
        end = parcels.send(paid_at, ending=fate if order.goods else "delivered")
        if end and fate == "lost" and order.goods:
            _refund_all(day, course, end + timedelta(days=1, minutes=5), "lost in transit", by_line=True)
        return
    end = parcels.send(paid_at)
    if fate == "delivered" or end is None or not order.goods:
        return
    at = end + timedelta(days=random.randint(2, 28), seconds=random.randint(0, 20_000))
    line = random.choice(order.goods)
    refunds = Refunds(day, course)
    has_gift_card = len(order.goods) < len(order.lines)
    if fate in ("returned_by_line", "returned_at_once"):
        parcels.come_back(at)
        _refund_all(day, course, at, random.choice(_REASONS), by_line=fate == "returned_by_line" or has_gift_card)
    elif fate == "order_level" and not has_gift_card:
        refunds.of_order(at, random.choice((10, 25, 40)), with_shipping=random.random() < 0.5)
    elif fate in ("goodwill", "order_level"):
        refunds.of_line(at, line, 0, "goodwill")
    elif fate == "two_refunds":
        refunds.of_line(at, line, 0, "goodwill")
        refunds.of_line(at + timedelta(days=6, minutes=random.randint(1, 500)), line, line.units, random.choice(_REASONS))
    else:
        units = random.randint(1, line.units - 1) if fate == "units_returned" and line.units > 1 else line.units
        refunds.of_line(at, line, units, random.choice(_REASONS), corrected=random.random() < 0.2)


def archive(day: Day, course: Course, random: Random) -> None:
    """Updates of the order's row that come weeks later: most change nothing, some mend what was recorded wrongly."""
    number = course.order.id
    fate = _LATER.deal(day.shop.seed, number - 1)
    at = course.order.at + timedelta(days=random.randint(10, 60), seconds=random.randint(0, 3000))
    if fate == "touched":
        course.change(at, "orders", number)
    elif fate == "archived":
        # the nightly job: many orders in the last microsecond of a day
        course.change(datetime.combine(at.date(), time.max), "orders", number)
    elif fate == "channel_corrected":
        channel = random.choice(("web", "app"))
        course.change(at, "orders", number, channel=channel)
        course.tell(at, "order.changed", values={"channel": channel})


class Refunds:
    """The refunds of one order; knows what is left to give back of every line, so that nobody gets more than was paid."""

    def __init__(self, day: Day, course: Course) -> None:
        self._day = day
        self._course = course
        self._left = {line.id: (line.net, line.tax) for line in course.order.lines}
        self.total = 0

    def of_line(self, at: datetime, line: Line, units: int, reason: str, *, corrected: bool = False) -> None:
        """Units of one line come back; with 0 units a tenth of the line is given as goodwill."""
        share = Decimal(units) / line.units if units else Decimal("0.1")
        goods, tax = self._left[line.id]
        if units < line.units:
            goods, tax = min(goods, money.half_up(line.net * share)), min(tax, money.half_up(line.tax * share))
        self._left[line.id] = (self._left[line.id][0] - goods, self._left[line.id][1] - tax)
        refund = self._write(at, line.id, units, goods, 0, tax, reason)
        if corrected:
            self._course.change(at + timedelta(days=9, minutes=4), "refunds", refund, reason="reason corrected")

    def of_order(self, at: datetime, percent: int, *, with_shipping: bool) -> None:
        """A part of the whole order, no line named."""
        order = self._course.order
        goods = sum(line.net for line in order.lines) * percent // 100
        tax = sum(line.tax for line in order.lines) * percent // 100
        shipping, shipping_tax = (order.shipping, order.shipping_tax) if with_shipping else (0, 0)
        self._write(at, None, 0, goods, shipping, tax + shipping_tax, "late delivery")

    def whole_order(self, at: datetime, reason: str) -> None:
        """Everything in one row, no line named."""
        order = self._course.order
        goods, tax = sum(line.net for line in order.lines), sum(line.tax for line in order.lines)
        units = sum(line.units for line in order.lines)
        self._write(at, None, units, goods, order.shipping, tax + order.shipping_tax, reason)

    def shipping(self, at: datetime, reason: str) -> None:
        """The shipping charge alone."""
        order = self._course.order
        if order.shipping:
            self._write(at, None, 0, 0, order.shipping, order.shipping_tax, reason)

    def _write(self, at: datetime, item: int | None, units: int, goods: int, shipping: int, tax: int, reason: str) -> int:
        refund = self._day.shop.next_id("refund")
        amounts = {"quantity": units, "goods": goods, "shipping": shipping, "tax": tax}
        order = self._course.order
        self._course.put(
            at,
            "refunds",
            id=refund,
            order_id=order.id,
            order_item_id=item,
            **amounts,
            currency=order.currency,
            reason=reason,
            refunded_at=stamp(at),
        )
        self._course.tell(at, "order.refunded", refund=refund, item=item, **amounts, reason=reason)
        self.total += goods + shipping + tax
        return refund


def _refund_all(day: Day, course: Course, at: datetime, reason: str, *, by_line: bool) -> None:
    refunds = Refunds(day, course)
    if not by_line:
        refunds.whole_order(at, reason)
        return
    for line in course.order.goods:
        refunds.of_line(at, line, line.units, reason)
    refunds.shipping(at, reason)


def _cancel(day: Day, course: Course, random: Random, paid_at: datetime, *, refunded_before: bool) -> None:
    """Before anything is sent; an order partly refunded before is paid in one piece only, so that the piece can be cut."""
    refunds = Refunds(day, course)
    at = paid_at + timedelta(minutes=random.randint(20, 4000), seconds=random.randint(0, 59))
    if refunded_before and course.order.goods and len(course.payments) == 1:
        refunds.of_line(at, course.order.goods[0], 0, "goodwill")
        at += timedelta(days=1, minutes=random.randint(5, 600))
    payment.void(course, at, refunded=refunds.total, day=day)
    course.cancel(at)
