"""The answer key: what a warehouse of this shop must come to, computed from the shop's diary and never from its tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fondaco.sources.demo import events, history, ledger
from fondaco.sources.demo.events import Event
from fondaco.sources.demo.history import Version
from fondaco.sources.demo.ledger import MEASURES, Books, Entry
from fondaco.sources.demo.marts import ANSWERS, facts_of

_ZERO = Decimal("0.0000")


@dataclass(frozen=True)
class DaySales:
    """One business day, EUR with 4 places: money on the day of its event, counts on the day of the order.

    Attributes:
        taxes: charged less refunded or reversed.
        orders: valid as known now.
        units: of goods, on valid orders.
    """

    business_date: date
    gross_sales: Decimal
    discounts: Decimal
    returns: Decimal
    cancellations: Decimal
    net_revenue: Decimal
    shipping_revenue: Decimal
    taxes: Decimal
    total_sales: Decimal
    orders_booked: int
    orders: int
    units: int


@dataclass(frozen=True)
class CustomerTotals:
    """One customer key with at least one valid order: the number of a customer, or the trimmed lower-case address of a guest.

    Attributes:
        purchase_days: distinct business days with a valid order.
        net_revenue: gross less discounts and refunds so far, of valid orders, EUR.
    """

    customer_key: str
    is_guest: bool
    orders: int
    purchase_days: int
    units: int
    net_revenue: Decimal
    first_order_date: date
    last_order_date: date


@dataclass(frozen=True)
class OrderState:
    """One order as known now, EUR; an order that was not booked has no amounts.

    Attributes:
        net_revenue: after discounts, returns and cancellation.
    """

    order_id: int
    business_date: date
    customer_key: str | None
    status: str
    is_test: bool
    is_booked: bool
    is_valid: bool
    units: int
    gross_sales: Decimal
    discounts: Decimal
    returns: Decimal
    cancellations: Decimal
    net_revenue: Decimal
    shipping_revenue: Decimal
    taxes: Decimal


@dataclass(frozen=True)
class DirtyRow:
    """A row that must end in quarantine: ``column`` holds ``value``, which breaks a rule.

    Attributes:
        key: the row's id; currency and day of a rate.
    """

    day: date
    table: str
    key: int | str
    column: str
    value: int | str | None
    reason: str


@dataclass(frozen=True)
class Truth:
    """Everything that is known about a shop after its last day, or after the day before ``as_of``."""

    customers: tuple[Version, ...]
    products: tuple[Version, ...]
    sellers: tuple[Version, ...]
    daily_sales: tuple[DaySales, ...]
    customer_totals: tuple[CustomerTotals, ...]
    orders: tuple[OrderState, ...]
    dirty_rows: tuple[DirtyRow, ...]


def truth(path: Path, *, as_of: date | None = None, reads: Collection[date] | None = None) -> Truth:
    """The truth about the shop in ``path``.

    Args:
        as_of: the first day that is not counted; None counts all days lived.
        reads: days at whose end the reader reads, for the versions that it can know (``every_day`` names them all);
            None for a reader who sees every change.
    """
    return replay(list(events.read(path, until=as_of)), reads=reads)


def every_day(path: Path) -> frozenset[date]:
    """All days lived, as ``reads`` of a reader who comes once a day."""
    return frozenset(event.day for event in events.read(path))


def replay(told: Iterable[Event], *, reads: Collection[date] | None = None) -> Truth:
    """The truth that follows from a diary; see ``truth``."""
    told = list(told)
    books = ledger.replay(told)
    entries = ledger.entries(books)
    orders = _orders(books, entries)
    return Truth(
        customers=tuple(history.versions(told, "customer", reads=reads)),
        products=tuple(history.versions(told, "product", reads=reads)),
        sellers=tuple(history.versions(told, "seller", reads=reads)),
        daily_sales=_daily_sales(entries, orders),
        customer_totals=_customer_totals(orders),
        orders=orders,
        dirty_rows=tuple(DirtyRow(event.day, **event.payload) for event in told if event.kind == "dirt"),
    )


def write_truth(path: Path, folder: Path) -> None:
    """Writes the truth about the shop in ``path`` as JSON lines, one file a subject; amounts are text, so that no digit is lost.

    The versions come twice: ``customers.jsonl`` has every change, ``customers_daily.jsonl`` what a reader at each day's end can know.
    Every row of silver and gold, as ``silver_<name>.jsonl`` and ``gold_<name>.jsonl``, is that of a reader at each day's end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every_change, daily = truth(path), truth(path, reads=every_day(path))
    for field in fields(Truth):
        _write(folder / f"{field.name}.jsonl", map(asdict, getattr(every_change, field.name)))
    for entity in ("customers", "products", "sellers"):
        _write(folder / f"{entity}_daily.jsonl", map(asdict, getattr(daily, entity)))
    known = facts_of(path, reads=every_day(path))
    for name, answer in ANSWERS.items():
        _write(folder / f"{name.replace('.', '_')}.jsonl", answer.rows(known))


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _orders(books: Books, entries: list[Entry]) -> tuple[OrderState, ...]:
    amounts: dict[int, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((*MEASURES, "net_revenue"), _ZERO))
    for entry in entries:
        for measure in (*MEASURES, "net_revenue"):
            amounts[entry.order_id][measure] += getattr(entry, measure)
    return tuple(
        OrderState(
            order_id=number,
            business_date=book.date,
            customer_key=book.customer_key,
            status=book.status,
            is_test=book.is_test,
            is_booked=book.is_booked,
            is_valid=book.is_valid,
            units=book.units,
            **amounts[number],
        )
        for number, book in sorted(books.orders.items())
    )


def _daily_sales(entries: list[Entry], orders: tuple[OrderState, ...]) -> tuple[DaySales, ...]:
    booked_on: dict[date, list[Entry]] = defaultdict(list)
    placed_on: dict[date, list[OrderState]] = defaultdict(list)
    for entry in entries:
        booked_on[entry.date].append(entry)
    for order in orders:
        if order.is_booked:
            placed_on[order.business_date].append(order)
    days = sorted(booked_on.keys() | placed_on.keys())
    return tuple(_day_sales(day, booked_on[day], placed_on[day]) for day in days)


def _day_sales(day: date, entries: list[Entry], booked: list[OrderState]) -> DaySales:
    money = {measure: sum((getattr(entry, measure) for entry in entries), _ZERO) for measure in (*MEASURES, "net_revenue")}
    valid = [order for order in booked if order.is_valid]
    return DaySales(
        business_date=day,
        gross_sales=money["gross_sales"],
        discounts=money["discounts"],
        returns=money["returns"],
        cancellations=money["cancellations"],
        net_revenue=money["net_revenue"],
        shipping_revenue=money["shipping_revenue"],
        taxes=money["taxes"],
        total_sales=money["net_revenue"] + money["shipping_revenue"] + money["taxes"],
        orders_booked=len(booked),
        orders=len(valid),
        units=sum(order.units for order in valid),
    )


def _customer_totals(orders: tuple[OrderState, ...]) -> tuple[CustomerTotals, ...]:
    by_key: dict[str, list[OrderState]] = defaultdict(list)
    for order in orders:
        if order.is_valid and order.customer_key is not None:
            by_key[order.customer_key].append(order)
    return tuple(
        CustomerTotals(
            customer_key=key,
            is_guest="@" in key,
            orders=len(valid),
            purchase_days=len({order.business_date for order in valid}),
            units=sum(order.units for order in valid),
            net_revenue=sum((order.net_revenue for order in valid), _ZERO),
            first_order_date=min(order.business_date for order in valid),
            last_order_date=max(order.business_date for order in valid),
        )
        for key, valid in sorted(by_key.items())
    )
