"""What the marts are counted from: orders with their lines, refunds, attempts to pay and parcels, in EUR, as known now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from fondaco.sources.demo import ledger, money
from fondaco.sources.demo.ledger import Books, Entry, OrderBook, business_date
from fondaco.sources.demo.marts.members import Members
from fondaco.sources.demo.marts.names import Names
from fondaco.sources.demo.marts.rules import Rules

ZERO = Decimal("0.0000")


@dataclass(frozen=True)
class LineTxn:
    """The amounts of a line in the order's currency."""

    unit_price: Decimal
    gross: Decimal
    discount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class ReturnTxn:
    """The amounts of a return in the order's currency."""

    goods: Decimal
    shipping: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Line:
    """One line of an order, EUR.

    Attributes:
        txn: the same in the order's currency, and the price of one unit.
    """

    id: int
    number: int
    sku: str
    seller: int | None
    units: int
    is_goods: bool
    gross: Decimal
    discount: Decimal
    tax: Decimal
    txn: LineTxn

    @property
    def net(self) -> Decimal:
        """Gross less the line's discount and its share of the order's."""
        return self.gross - self.discount


@dataclass(frozen=True)
class Return:
    """What one refund gives back of one line, EUR; shipping, tax and units of a refund stand on its first line."""

    refund: int
    at: str
    date: date
    reason: str | None
    line: Line
    units: int
    goods: Decimal
    shipping: Decimal
    tax: Decimal
    txn: ReturnTxn


@dataclass(frozen=True)
class Attempt:
    """One attempt to pay, EUR; ``amount_txn`` in its own currency."""

    id: int
    number: int
    at: str
    date: date
    provider: str
    method: str
    status: str
    amount: Decimal
    amount_txn: Decimal
    currency: str


@dataclass(frozen=True)
class Parcel:
    """One parcel; times are UTC text."""

    id: int
    carrier: str
    status: str
    units: int
    shipped_at: str
    promised_at: str | None
    delivered_at: str | None


@dataclass(frozen=True)
class Order:
    """One order, EUR.

    Attributes:
        number: the shop's own.
        rate: EUR for one unit of its currency, on its day.
        shipping_txn, shipping_tax_txn: in its own currency.
        refund_status: none, partial or full by goods value, reckoned in the order's own currency.
        place: 1 for the customer's first valid order; None for an order that does not count or has no known customer.
        days_since_previous: days since the customer's valid order before.
    """

    number: int
    at: str
    date: date
    customer: str | None
    customer_id: int | None
    status: str
    channel: str
    country: str
    coupon: str | None
    currency: str
    rate: Decimal
    is_test: bool
    is_booked: bool
    is_valid: bool
    cancelled_at: str | None
    refund_status: str
    shipping: Decimal
    shipping_tax: Decimal
    order_discount: Decimal
    shipping_txn: Decimal
    shipping_tax_txn: Decimal
    lines: tuple[Line, ...]
    returns: tuple[Return, ...]
    attempts: tuple[Attempt, ...]
    parcels: tuple[Parcel, ...]
    entries: tuple[Entry, ...] = ()
    place: int | None = None
    days_since_previous: int | None = None

    @property
    def goods(self) -> tuple[Line, ...]:
        """The lines that are goods, not gift cards."""
        return tuple(line for line in self.lines if line.is_goods)

    @property
    def customer_type(self) -> str:
        """New, returning or unknown, by the order."""
        return "unknown" if self.place is None else "new" if self.place == 1 else "returning"

    @property
    def units(self) -> int:
        """Units of goods."""
        return sum(line.units for line in self.goods)

    @property
    def gross(self) -> Decimal:
        """Of goods."""
        return sum((line.gross for line in self.goods), ZERO)

    @property
    def discount(self) -> Decimal:
        """On goods."""
        return sum((line.discount for line in self.goods), ZERO)

    @property
    def refunded(self) -> Decimal:
        """Goods value given back so far."""
        return sum((part.goods for part in self.returns if part.line.is_goods), ZERO)

    @property
    def net(self) -> Decimal:
        """Gross less discounts and refunds so far, of goods."""
        return self.gross - self.discount - self.refunded

    @property
    def returned_units(self) -> int:
        """Units that came back, gift cards included."""
        return sum(part.units for part in self.returns)

    @property
    def paid_back(self) -> Decimal:
        """Goods, shipping and tax that went back."""
        return sum((part.goods + part.shipping + part.tax for part in self.returns), ZERO)

    @property
    def tax(self) -> Decimal:
        """On all lines and on shipping."""
        return sum((line.tax for line in self.lines), self.shipping_tax)

    @property
    def total(self) -> Decimal:
        """What the customer owes."""
        return sum((line.net for line in self.lines), ZERO) + self.shipping + self.tax

    @property
    def total_txn(self) -> Decimal:
        """What the customer owes, in the order's currency."""
        lines = sum((line.txn.gross - line.txn.discount + line.txn.tax for line in self.lines), ZERO)
        return lines + self.shipping_txn + self.shipping_tax_txn

    def captured(self) -> tuple[Attempt, ...]:
        """The attempts whose money stayed."""
        return tuple(attempt for attempt in self.attempts if attempt.status == "captured")

    @property
    def captured_amount(self) -> Decimal:
        """Money that stayed."""
        return sum((attempt.amount for attempt in self.captured()), ZERO)

    @property
    def main_payment(self) -> Attempt | None:
        """The largest capture, of equal ones the first."""
        return max(self.captured(), key=lambda attempt: (attempt.amount, -attempt.number), default=None)

    @property
    def paid_at(self) -> str | None:
        """When the first attempt whose money stayed was made."""
        return min((attempt.at for attempt in self.captured()), default=None)

    @property
    def delivered_at(self) -> str | None:
        """When the last parcel arrived; None while one is on its way."""
        times = [parcel.delivered_at for parcel in self.parcels if parcel.delivered_at is not None]
        return max(times) if times and len(times) == len(self.parcels) else None


@dataclass(frozen=True)
class Facts:
    """All orders by number, the ledger, and the members as a reader of the shop knows them."""

    orders: tuple[Order, ...]
    customers: Members
    products: Members
    sellers: Members
    rates: Mapping[tuple[str, date], Decimal]
    names: Names
    rules: Rules

    @cached_property
    def last_day(self) -> date:
        """The last day of trade; the first day that there is where nothing was sold yet."""
        return max((entry.date for order in self.orders for entry in order.entries), default=date.min)

    @cached_property
    def homes(self) -> dict[str, str]:
        """The country of everybody who ordered: their own, where the first order went for who is not among the customers."""
        homes: dict[str, str] = {}
        for order in sorted(self.orders, key=lambda order: order.at):
            if order.customer is not None and order.customer not in homes:
                is_registered = "@" not in order.customer and int(order.customer) in self.customers.versions
                homes[order.customer] = self.customers.now(int(order.customer)).get("country", "ZZ") if is_registered else order.country
        return homes

    @property
    def booked(self) -> Iterator[Order]:
        """Orders whose sale is in the ledger."""
        return (order for order in self.orders if order.is_booked)

    @property
    def valid(self) -> Iterator[Order]:
        """Booked, not cancelled as known now."""
        return (order for order in self.orders if order.is_valid)


def facts(books: Books, customers: Members, products: Members, sellers: Members, names: Names, rules: Rules) -> Facts:
    """Everything that the books say, order by order."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    for entry in ledger.entries(books):
        entries[entry.order_id].append(entry)
    orders = [replace(_order(book, books), entries=tuple(entries[number])) for number, book in sorted(books.orders.items())]
    places = dict(_places(orders))
    placed = tuple(
        replace(order, place=places[order.number][0], days_since_previous=places[order.number][1]) if order.number in places else order
        for order in orders
    )
    return Facts(placed, customers, products, sellers, books.rates, names, rules)


def _places(orders: Iterable[Order]) -> Iterator[tuple[int, tuple[int, int | None]]]:
    by_customer: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        if order.is_valid and order.customer is not None:
            by_customer[order.customer].append(order)
    for theirs in by_customer.values():
        before: date | None = None
        for place, order in enumerate(sorted(theirs, key=lambda order: (order.at, str(order.number))), start=1):
            yield order.number, (place, None if before is None else (order.date - before).days)
            before = order.date


def _order(book: OrderBook, books: Books) -> Order:
    placed, currency, rate = book.placed, book.placed["currency"], ledger.rate_of(book, books.rates)

    def euros(amount: int) -> Decimal:
        return money.reporting(amount, currency, rate)

    def own(amount: int) -> Decimal:
        return money.from_minor(amount, currency)

    lines = tuple(
        Line(
            id=line["id"],
            number=int(line["line_no"]),
            sku=line["sku"],
            seller=line["seller_id"],
            units=int(line["quantity"]),
            is_goods=not line["is_gift_card"],
            gross=euros(line["quantity"] * line["unit_price"]),
            discount=euros(discount),
            tax=euros(line["tax"]),
            txn=LineTxn(own(line["unit_price"]), own(line["quantity"] * line["unit_price"]), own(discount), own(line["tax"])),
        )
        for line, discount in zip(book.lines, ledger.discounts(book), strict=True)
    )
    return Order(
        number=placed["id"],
        at=placed["placed_at"],
        date=book.date,
        customer=book.customer_key,
        customer_id=placed["customer_id"],
        status=book.status,
        channel=placed["channel"],
        country=placed["country"],
        coupon=(placed["coupon"] or "").strip().upper() or None,
        currency=currency,
        rate=rate,
        is_test=book.is_test,
        is_booked=book.is_booked,
        is_valid=book.is_valid,
        cancelled_at=book.cancelled_at,
        refund_status=_refund_status(book),
        shipping=euros(placed["shipping"]),
        shipping_tax=euros(placed["shipping_tax"]),
        order_discount=euros(placed["discount"]),
        shipping_txn=own(placed["shipping"]),
        shipping_tax_txn=own(placed["shipping_tax"]),
        lines=lines,
        returns=tuple(
            Return(
                refund=refund["refund"],
                at=refund["at"],
                date=business_date(refund["at"]),
                reason=refund["reason"],
                line=line,
                units=refund["quantity"] if is_first else 0,
                goods=euros(goods),
                shipping=euros(refund["shipping"]) if is_first else ZERO,
                tax=euros(refund["tax"]) if is_first else ZERO,
                txn=ReturnTxn(own(goods), own(refund["shipping"]) if is_first else ZERO, own(refund["tax"]) if is_first else ZERO),
            )
            for refund in book.refunds
            for line, goods, is_first in _refunded(book, lines, refund)
        ),
        attempts=tuple(
            Attempt(
                id=key,
                number=row["attempt"],
                at=row["created_at"],
                date=business_date(row["created_at"]),
                provider=row["provider"],
                method=row["method"],
                status=row["status"],
                amount=euros(row["amount"]),
                amount_txn=own(row["amount"]),
                currency=row["currency"],
            )
            for key, row in sorted(book.payments.items())
        ),
        parcels=tuple(
            Parcel(
                id=key,
                carrier=row["carrier"],
                status=row["status"],
                units=row["units"],
                shipped_at=row["shipped_at"],
                promised_at=row["promised_at"],
                delivered_at=row["delivered_at"],
            )
            for key, row in sorted(book.parcels.items())
        ),
    )


def _refunded(book: OrderBook, lines: tuple[Line, ...], refund: dict[str, Any]) -> Iterator[tuple[Line, int, bool]]:
    """The lines that a refund concerns, what each gets in minor units, and whether it is the refund's first."""
    is_first = True
    for line, goods in zip(lines, ledger.refunded_goods(book, refund), strict=True):
        if refund["item"] in (None, line.id):
            yield line, goods, is_first
            is_first = False


def _refund_status(book: OrderBook) -> str:
    is_goods = [not line["is_gift_card"] for line in book.lines]
    nets = [line["quantity"] * line["unit_price"] - discount for line, discount in zip(book.lines, ledger.discounts(book), strict=True)]
    given = [sum(parts) for parts in zip(*(ledger.refunded_goods(book, refund) for refund in book.refunds), strict=True)]
    back = sum(amount for amount, goods in zip(given, is_goods, strict=False) if goods)
    if back == 0:
        return "none"
    return "full" if back >= sum(net for net, goods in zip(nets, is_goods, strict=True) if goods) else "partial"


def minutes_between(earlier: str, later: str) -> int:
    """Minutes of the clock from one UTC text to another."""
    start, end = (datetime.fromisoformat(text[:16]) for text in (earlier, later))
    return int((end - start).total_seconds()) // 60
