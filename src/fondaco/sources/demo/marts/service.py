"""The truth about the marts of service: parcels and payments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.facts import ZERO, Attempt, Facts, Order, Parcel, minutes_between
from fondaco.sources.demo.marts.resellers import seller_of
from fondaco.sources.demo.marts.sales import Row, payment_difference, share_of

_EVENTS = ("captured", "failed", "pending", "voided", "chargeback")
_COUNTS = (
    "attempts", "refunds", "orders_with_attempt", "orders_with_failure", "orders_recovered", "orders_never_paid", "unreconciled_orders",
)  # fmt: skip


def parcels(facts: Facts) -> Iterator[Row]:
    """Parcel by parcel, but for those of the shop's own tests."""
    for order in facts.orders:
        for parcel in order.parcels if not order.is_test else ():
            late = list(_late_minutes(iter([parcel])))
            yield {
                "shipment_key": parcel.id,
                "order_key": order.number,
                "carrier": parcel.carrier,
                "country": order.country,
                "seller": seller_of(order),
                "units": parcel.units,
                "is_due": parcel.promised_at is not None and business_date(parcel.promised_at) < facts.last_day,
                "is_in_time": _is_in_time(parcel),
                "is_lost": parcel.status == "lost",
                "is_delivered_before_shipped": False,
                "handling_minutes": minutes_between(order.paid_at or order.at, parcel.shipped_at),
                "transit_minutes": None if parcel.delivered_at is None else minutes_between(parcel.shipped_at, parcel.delivered_at),
                "late_minutes": late[0] if late else None,
                "shipped_date": business_date(parcel.shipped_at),
                "promised_date": None if parcel.promised_at is None else business_date(parcel.promised_at),
                "delivered_date": None if parcel.delivered_at is None else business_date(parcel.delivered_at),
            }


def delivery_performance(facts: Facts) -> Iterator[Row]:
    """By carrier, destination, month in which the parcel left, and seller."""
    cells: dict[tuple[str, str, date, int | str], list[tuple[Order, Parcel]]] = defaultdict(list)
    for order in facts.orders:
        for parcel in order.parcels if not order.is_test else ():
            month = business_date(parcel.shipped_at).replace(day=1)
            cells[parcel.carrier, order.country, month, seller_of(order)].append((order, parcel))
    for (carrier, country, month, seller), sent in cells.items():
        due = [parcel for _, parcel in sent if parcel.promised_at is not None and business_date(parcel.promised_at) < facts.last_day]
        on_time = sum(_is_in_time(parcel) for parcel in due)
        yield {
            "carrier": carrier,
            "country": country,
            "ship_month": month,
            "seller": seller,
            "parcels": len(sent),
            "units": sum(parcel.units for _, parcel in sent),
            "parcels_without_promise": sum(parcel.promised_at is None for _, parcel in sent),
            "due": len(due),
            "on_time": on_time,
            "late": len(due) - on_time,
            "undelivered": sum(parcel.delivered_at is None for _, parcel in sent),
            "lost": sum(parcel.status == "lost" for _, parcel in sent),
            "delivered_before_shipped": 0,
            **_spans("handled", "handling", [minutes_between(order.paid_at or order.at, parcel.shipped_at) for order, parcel in sent]),
            **_spans(
                "carried",
                "transit",
                [minutes_between(parcel.shipped_at, parcel.delivered_at) for _, parcel in sent if parcel.delivered_at is not None],
            ),
            **_spans("delivered_late", "late", list(_late_minutes(parcel for _, parcel in sent))),
        }


def _is_in_time(parcel: Parcel) -> bool:
    return parcel.delivered_at is not None and parcel.promised_at is not None and parcel.delivered_at <= parcel.promised_at


def _late_minutes(parcels: Iterator[Parcel]) -> Iterator[int]:
    for parcel in parcels:
        if parcel.delivered_at is not None and parcel.promised_at is not None and parcel.delivered_at > parcel.promised_at:
            yield minutes_between(parcel.promised_at, parcel.delivered_at)


def _spans(count: str, name: str, minutes: list[int]) -> Row:
    ordered = sorted(minutes)
    return {
        count: len(ordered),
        f"{name}_minutes": sum(ordered),
        f"{name}_minutes_p50": share_of(ordered, 5),
        f"{name}_minutes_p90": share_of(ordered, 9),
    }


def payment_performance(facts: Facts) -> Iterator[Row]:
    """Attempts on their day, refunds on theirs, orders on theirs under their first attempt."""
    cells: dict[tuple[date, str, str, str], dict[str, Any]] = defaultdict(_nothing)
    for order in facts.orders:
        if order.is_test:
            continue
        for attempt in order.attempts:
            cell, event = cells[attempt.date, attempt.provider, attempt.method, order.country], _event(attempt, facts.last_day)
            cell["attempts"] += 1
            cell[event] += 1
            cell[f"{event}_amount"] += attempt.amount
        if order.attempts:
            _count_order(cells, order, facts.last_day)
            if order.is_booked:
                _count_refunds(cells, order)
    for (day, provider, method, country), cell in cells.items():
        yield {"business_date": day, "provider": provider, "method": method, "country": country, **cell}


def _nothing() -> dict[str, Any]:
    amounts = (*(f"{event}_amount" for event in _EVENTS), "refunded_amount", "unreconciled_amount")
    return dict.fromkeys((*_EVENTS, *_COUNTS), 0) | dict.fromkeys(amounts, ZERO)


def _event(attempt: Attempt, last_day: date) -> str:
    """What came of an attempt; one that is pending for more than a day failed."""
    is_old = attempt.date + timedelta(days=1) < last_day
    return "failed" if attempt.status == "pending" and is_old else attempt.status


def _count_order(cells: dict[tuple[date, str, str, str], dict[str, Any]], order: Order, last_day: date) -> None:
    first = min(order.attempts, key=lambda attempt: (attempt.at, str(attempt.id)))
    events = Counter(_event(attempt, last_day) for attempt in order.attempts)
    has_success = any(events[event] for event in ("captured", "voided", "chargeback"))
    difference = payment_difference(order) if order.is_booked else None
    cell = cells[order.date, first.provider, first.method, order.country]
    cell["orders_with_attempt"] += 1
    cell["orders_with_failure"] += events["failed"] > 0
    cell["orders_recovered"] += events["failed"] > 0 and has_success
    cell["orders_never_paid"] += events["failed"] == len(order.attempts)
    cell["unreconciled_orders"] += bool(difference)
    cell["unreconciled_amount"] += abs(difference or ZERO)


def _count_refunds(cells: dict[tuple[date, str, str, str], dict[str, Any]], order: Order) -> None:
    main = order.main_payment
    by = (main.provider, main.method) if main else ("unknown", "unknown")
    for number in {part.refund for part in order.returns}:
        parts = [part for part in order.returns if part.refund == number]
        cell = cells[parts[0].date, *by, order.country]
        cell["refunds"] += 1
        cell["refunded_amount"] += sum((part.goods + part.shipping + part.tax for part in parts), ZERO)
