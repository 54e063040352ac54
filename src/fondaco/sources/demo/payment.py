"""How an order is paid: at once, at the second try, by transfer days later, in two parts, never."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.course import Attempt, Course
from fondaco.sources.demo.day import Day

_FATES = Deck.of(
    "payment",
    {
        "captured": 72,
        "retried": 9,
        "retried_next_day": 2,
        "failed": 3,
        "transfer": 7,
        "transfer_less_a_line": 1,
        "never_paid": 1,
        "abandoned": 1,
        "charged_back": 1,
        "in_two_parts": 3,
    },
)
_CARDS = (("stripe", "card"), ("adyen", "card"), ("paypal", "wallet"), ("klarna", "invoice"))
_BANK = ("bank", "transfer")

#: The bank's file comes once a day: all transfers of a day are booked in the same microsecond.
_BANK_FILE = time(22, 15)


def settle(day: Day, course: Course, random: Random) -> datetime | None:
    """Plans the attempts to pay an order.

    Returns:
        When the whole total is captured; None if that will never be so, or if it will be charged back: such orders have no aftermath.
    """
    order = course.order
    fate = _FATES.deal(day.shop.seed, order.id - 1)
    now = order.at + timedelta(seconds=random.randint(15, 90), microseconds=random.randrange(1_000_000))
    if fate in ("transfer", "transfer_less_a_line"):
        return _by_transfer(day, course, random, now, less_a_line=fate == "transfer_less_a_line")
    if fate in ("never_paid", "abandoned"):
        _unpaid(day, course, now, is_cancelled=fate == "abandoned")
        return None
    if fate == "failed":
        for attempt in (1, 2, 3):
            at = now + timedelta(minutes=11 * attempt)
            _attempt(day, course, at, attempt, random.choice(_CARDS), "failed", order.total)
        course.status(at + timedelta(minutes=1), "failed")
        return None
    if fate == "in_two_parts" and order.total > 3:
        part = order.total // 3
        _attempt(day, course, now, 1, ("shop", "gift_card"), "captured", part)
        _attempt(day, course, now, 2, random.choice(_CARDS), "captured", order.total - part)
    else:
        now = _by_card(day, course, random, now, fate)
    course.status(now, "paid")
    return None if fate == "charged_back" else now


def void(course: Course, at: datetime, *, refunded: int, day: Day) -> None:
    """Gives back what was captured for an order that is cancelled.

    Args:
        refunded: minor units that went back before and so stay captured; only for orders paid in one piece.
    """
    for payment, made in list(course.payments.items()):
        if refunded:
            course.change(at, "payments", payment, amount=refunded)
            _attempt(day, course, at, made.number + 1, (made.provider, made.method), "voided", made.amount - refunded)
        else:
            course.change(at, "payments", payment, status="voided")


def _by_card(day: Day, course: Course, random: Random, now: datetime, fate: str) -> datetime:
    total, card = course.order.total, random.choice(_CARDS)
    attempt = 1
    if fate in ("retried", "retried_next_day"):
        _attempt(day, course, now, attempt, card, "failed", total)
        attempt, now = 2, now + timedelta(minutes=random.randint(1, 25))
    if fate == "retried_next_day":
        _attempt(day, course, now, attempt, card, "failed", total)
        attempt, now = 3, now + timedelta(hours=random.randint(14, 30))
    payment = _attempt(day, course, now, attempt, random.choice(_CARDS), "captured", total)
    if fate == "charged_back":
        course.change(now + timedelta(days=random.randint(15, 50), minutes=3), "payments", payment, status="chargeback")
    elif random.random() < 0.04:
        course.change(now + timedelta(days=random.randint(3, 25), minutes=9), "payments", payment)
    return now


def _by_transfer(day: Day, course: Course, random: Random, now: datetime, *, less_a_line: bool) -> datetime:
    payment = _attempt(day, course, now, 1, _BANK, "pending", course.order.total)
    booked = datetime.combine(now.date() + timedelta(days=random.randint(2, 5)), _BANK_FILE)
    order = course.order
    if less_a_line and len(order.goods) > 1 and not order.discount:
        taken_off = order.goods[-1]
        course.order = order = replace(order, lines=tuple(line for line in order.lines if line is not taken_off))
        at = now + timedelta(hours=random.randint(2, 30))
        course.drop(at, "order_items", taken_off.id)
        course.change(at, "orders", order.id)
        course.change(at, "payments", payment, amount=order.total)
        course.tell(at, "order.line_removed", item=taken_off.id)
    course.payments[payment] = Attempt(1, *_BANK, order.total)
    course.change(booked, "payments", payment, status="captured")
    course.status(booked, "paid")
    return booked


def _unpaid(day: Day, course: Course, now: datetime, *, is_cancelled: bool) -> None:
    payment = _attempt(day, course, now, 1, _BANK, "pending", course.order.total)
    if is_cancelled:
        at = now + timedelta(days=7)
        course.cancel(at)
        course.change(at, "payments", payment, status="voided")


def _attempt(day: Day, course: Course, at: datetime, attempt: int, by: tuple[str, str], status: str, amount: int) -> int:
    payment = day.shop.next_id("payment")
    provider, method = by
    course.put(
        at,
        "payments",
        id=payment,
        order_id=course.order.id,
        attempt=attempt,
        provider=provider,
        method=method,
        status=status,
        amount=amount,
        currency=course.order.currency,
        created_at=stamp(at),
    )
    if status == "captured":
        course.payments[payment] = Attempt(attempt, provider, method, amount)
    return payment
