"""The truth about money: sales, refunds and cancellations replayed from the diary, by the rules of the metrics and by nothing else.

Amounts are computed per line in minor units of the order's currency and brought to EUR at the rate of the order's business day,
each component of a line by itself, 4 places, half up. A cancellation reverses what is left of the sale in EUR, so that a cancelled
order comes to exactly nothing. Shipping, its tax and the tax of a refund are amounts of the order, not of a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from fondaco.sources.demo import money
from fondaco.sources.demo.events import Event

BUSINESS_ZONE = ZoneInfo("Europe/Berlin")
REPORTING_CURRENCY = "EUR"

_ZERO = Decimal("0.0000")

#: Parts of an entry in the ledger, as they add up in EUR.
MEASURES = ("gross_sales", "discounts", "returns", "cancellations", "shipping_revenue", "taxes")


def business_date(at: str) -> date:
    """The shop's day of a UTC timestamp."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(BUSINESS_ZONE).date()


@dataclass(frozen=True)
class Entry:
    """One event of one order in the ledger, EUR; returns, discounts and cancellations are positive.

    Attributes:
        kind: sale, refund or cancellation.
        date: business day on which it is booked.
    """

    order_id: int
    kind: str
    date: date
    gross_sales: Decimal = _ZERO
    discounts: Decimal = _ZERO
    returns: Decimal = _ZERO
    cancellations: Decimal = _ZERO
    shipping_revenue: Decimal = _ZERO
    taxes: Decimal = _ZERO

    @property
    def net_revenue(self) -> Decimal:
        """What the sale of goods brought."""
        return self.gross_sales - self.discounts - self.returns - self.cancellations


@dataclass
class OrderBook:
    """One order as the diary tells it, amounts in minor units.

    Attributes:
        placed: payload of ``order.placed``.
        refunds: payloads of ``order.refunded``, in order.
        payments, parcels: rows as they stand now, by their number.
    """

    placed: dict[str, Any]
    status: str = "pending"
    cancelled_at: str | None = None
    removed: set[int] = field(default_factory=set)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[int, dict[str, Any]] = field(default_factory=dict)
    parcels: dict[int, dict[str, Any]] = field(default_factory=dict)
    is_test: bool = False

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines that are still in the order, by line number."""
        return sorted((line for line in self.placed["lines"] if line["id"] not in self.removed), key=lambda line: int(line["line_no"]))

    @property
    def date(self) -> date:
        """Business day on which the order was placed."""
        return business_date(self.placed["placed_at"])

    @property
    def is_booked(self) -> bool:
        """Whether the order's sale is in the ledger."""
        return not self.is_test and self.status != "failed"

    @property
    def is_valid(self) -> bool:
        """Booked, and not cancelled as known now."""
        return self.is_booked and self.status != "cancelled"

    @property
    def units(self) -> int:
        """Units of goods; gift cards are not goods."""
        return sum(int(line["quantity"]) for line in self.lines if not line["is_gift_card"])

    @property
    def customer_key(self) -> str | None:
        """The customer's number, a guest's address, or None for a guest who left none."""
        if self.placed["customer_id"] is not None:
            return str(self.placed["customer_id"])
        return (self.placed["email"] or "").strip().lower() or None


@dataclass(frozen=True)
class Books:
    """All orders, and the rates: EUR for one unit, by currency and business day."""

    orders: dict[int, OrderBook]
    rates: dict[tuple[str, date], Decimal]


def replay(events: Iterable[Event]) -> Books:
    """The orders as known after the last of the events."""
    orders: dict[int, OrderBook] = {}
    rates: dict[tuple[str, date], Decimal] = {}
    testers: set[int] = set()
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for event in events:
        told = event.payload
        if event.kind == "rate.published":
            rates[told["currency"], date.fromisoformat(told["day"])] = Decimal(told["rate"])
        elif event.kind == "customer.created" and told["row"]["is_test"]:
            testers.add(told["key"])
        elif event.kind == "order.placed":
            orders[told["id"]] = OrderBook(told)
        elif event.kind == "order.status":
            orders[told["id"]].status = told["status"]
        elif event.kind == "order.cancelled":
            orders[told["id"]].status, orders[told["id"]].cancelled_at = "cancelled", told["at"]
        elif event.kind == "order.line_removed":
            orders[told["id"]].removed.add(told["item"])
        elif event.kind == "order.refunded":
            orders[told["id"]].refunds.append(dict(told))
            rows["refund", told.get("refund", 0)] = orders[told["id"]].refunds[-1]
        elif event.kind == "order.changed":
            orders[told["id"]].placed = {**orders[told["id"]].placed, **told["values"]}
        elif event.kind in ("payment.made", "parcel.made"):
            book, row = orders[told["row"]["order_id"]], dict(told["row"])
            (book.payments if event.kind == "payment.made" else book.parcels)[told["key"]] = row
            rows[event.kind.partition(".")[0], told["key"]] = row
        elif event.kind in ("payment.changed", "parcel.changed", "refund.changed"):
            rows[event.kind.partition(".")[0], told["key"]].update(told["values"])
    for book in orders.values():
        book.is_test = bool(book.placed["is_test"]) or book.placed["customer_id"] in testers
    return Books(orders, rates)


def entries(books: Books) -> list[Entry]:
    """The whole ledger, order by order. Raises KeyError for an order on a day without a rate."""
    return [entry for number in sorted(books.orders) for entry in _entries_of(books.orders[number], books.rates)]


def rate_of(book: OrderBook, rates: dict[tuple[str, date], Decimal]) -> Decimal:
    """EUR for one unit of the order's currency on the order's day. Raises KeyError if none was published."""
    currency = book.placed["currency"]
    return Decimal(1) if currency == REPORTING_CURRENCY else rates[currency, book.date]


def _entries_of(book: OrderBook, rates: dict[tuple[str, date], Decimal]) -> list[Entry]:
    if not book.is_booked:
        return []
    currency, rate = book.placed["currency"], rate_of(book, rates)

    def euros(amount: int) -> Decimal:
        return money.reporting(amount, currency, rate)

    made = [_sale(book, euros)]
    made.extend(_refund(book, refund, euros) for refund in book.refunds)
    if book.cancelled_at is not None:
        left: dict[str, Decimal] = defaultdict(Decimal)
        for entry in made:
            left["cancellations"] += entry.net_revenue
            left["shipping_revenue"] -= entry.shipping_revenue
            left["taxes"] -= entry.taxes
        made.append(Entry(book.placed["id"], "cancellation", business_date(book.cancelled_at), **left))
    return made


def discounts(book: OrderBook) -> list[int]:
    """By line, in minor units: the line's own discount and its share of the order's."""
    nets = [line["quantity"] * line["unit_price"] - line["discount"] for line in book.lines]
    return [line["discount"] + share for line, share in zip(book.lines, money.spread(book.placed["discount"], nets), strict=True)]


def _sale(book: OrderBook, euros: Callable[[int], Decimal]) -> Entry:
    gross = given = _ZERO
    taxes = euros(book.placed["shipping_tax"])
    for line, discount in zip(book.lines, discounts(book), strict=True):
        taxes += euros(line["tax"])
        if not line["is_gift_card"]:
            gross += euros(line["quantity"] * line["unit_price"])
            given += euros(discount)
    shipping = euros(book.placed["shipping"])
    return Entry(book.placed["id"], "sale", book.date, gross, given, shipping_revenue=shipping, taxes=taxes)


def refunded_goods(book: OrderBook, refund: dict[str, Any]) -> list[int]:
    """By line, in minor units: the goods value that a refund gives back; one of the whole order is spread by net amount."""
    if refund["item"] is not None:
        return [refund["goods"] if line["id"] == refund["item"] else 0 for line in book.lines]
    nets = [line["quantity"] * line["unit_price"] - discount for line, discount in zip(book.lines, discounts(book), strict=True)]
    return money.spread(refund["goods"], nets)


def _refund(book: OrderBook, refund: dict[str, Any], euros: Callable[[int], Decimal]) -> Entry:
    lines, goods = book.lines, refunded_goods(book, refund)
    returns = sum((euros(amount) for line, amount in zip(lines, goods, strict=True) if not line["is_gift_card"]), _ZERO)
    shipping, tax = -euros(refund["shipping"]), -euros(refund["tax"])
    return Entry(book.placed["id"], "refund", business_date(refund["at"]), returns=returns, shipping_revenue=shipping, taxes=tax)
