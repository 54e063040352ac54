"""The truth about the ledger, entry by entry, and about each customer's months in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.calendar import end_of, last_moment, months_between
from fondaco.sources.demo.marts.dimensions import customer_version, product_version, reseller_version
from fondaco.sources.demo.marts.facts import ZERO, Facts, Line, Order
from fondaco.sources.demo.marts.names import UNKNOWN
from fondaco.sources.demo.marts.sales import Row, moment

#: The parts of an entry; returns, discounts and cancellations are positive, what is given back of the others is negative.
_PARTS = ("gross_sales", "discounts", "returns", "cancellations", "shipping_revenue", "taxes", "gift_cards")


def fact_sales_ledger(facts: Facts) -> Iterator[Row]:
    """Sales by line, shipping by order, refunds by line; a cancellation takes back of each what no refund took before."""
    for order in facts.booked:
        left: dict[int | None, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_PARTS, ZERO))
        lines: dict[int | None, Line | None] = {}
        for kind, line, refund, at, amounts in _booked(order):
            yield _entry(facts, order, kind, line, refund, at, amounts)
            number = line.id if line else None
            lines[number] = line
            for name, amount in amounts.items():
                left[number][name] += amount
        if order.cancelled_at is not None:
            for number, sums in left.items():
                goods = sums["gross_sales"] - sums["discounts"] - sums["returns"]
                rest = {name: -sums[name] for name in ("shipping_revenue", "taxes", "gift_cards")}
                yield _entry(facts, order, "cancellation", lines[number], None, order.cancelled_at, {"cancellations": goods, **rest})


#: Kind, line, refund, moment and parts of an entry.
_Booked = tuple[str, Line | None, int | None, str, dict[str, Decimal]]


def _booked(order: Order) -> Iterator[_Booked]:
    for line in order.lines:
        goods = {"gross_sales": line.gross, "discounts": line.discount} if line.is_goods else {"gift_cards": line.net}
        yield "sale", line, None, order.at, {**goods, "taxes": line.tax}
    if order.shipping_txn or order.shipping_tax_txn:
        yield "sale", None, None, order.at, {"shipping_revenue": order.shipping, "taxes": order.shipping_tax}
    for part in order.returns:
        goods = {"returns": part.goods} if part.line.is_goods else {"gift_cards": -part.goods}
        yield "refund", part.line, part.refund, part.at, {**goods, "shipping_revenue": -part.shipping, "taxes": -part.tax}


def _entry(facts: Facts, order: Order, kind: str, line: Line | None, refund: int | None, at: str, amounts: dict[str, Decimal]) -> Row:
    names, parts = facts.names, {**dict.fromkeys(_PARTS, ZERO), **amounts}
    item = names.key(line.id) if line else None
    refund_item = None if refund is None else f"{names.key(refund)}/{item}"
    net = parts["gross_sales"] - parts["discounts"] - parts["returns"] - parts["cancellations"]
    return {
        "ledger_key": names.ledger(kind, names.key(order.number), item, refund_item),
        "event_type": kind,
        "order_key": order.number,
        "order_item_key": line and line.id,
        "refund_item_key": refund_item,
        "source_name": names.source,
        "customer_key": order.customer,
        "customer_sk": customer_version(facts, order.customer, at),
        "product_key": line and line.sku,
        "product_sk": product_version(facts, line.sku, order.at) if line else UNKNOWN,
        "reseller_key": line and line.seller,
        "reseller_sk": reseller_version(facts, line.seller if line else None, order.at),
        "channel": order.channel,
        "country": order.country,
        "currency": order.currency,
        "is_valid": order.is_valid,
        "ordered_date": order.date,
        "event_at": moment(at),
        "event_date": business_date(at),
        **parts,
        "net_revenue": net,
        "adjustments": ZERO,
        "booked_amount": net + parts["shipping_revenue"] + parts["taxes"] + parts["gift_cards"],
    }


@dataclass
class _Month:
    """What one customer's month brought; money by the day of its event, orders by their own."""

    orders: int = 0
    units: int = 0
    last_order: date | None = None
    money: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(("gross_sales", "discounts", "returns", "cancellations"), ZERO))

    @property
    def net_revenue(self) -> Decimal:
        """What the sale of goods brought."""
        return self.money["gross_sales"] - self.money["discounts"] - self.money["returns"] - self.money["cancellations"]


def fact_customers(facts: Facts) -> Iterator[Row]:
    """Every month of every customer, from the first in which something was booked for them to the last of trade, quiet ones included."""
    books: dict[str, dict[date, _Month]] = defaultdict(lambda: defaultdict(_Month))
    for order in facts.booked:
        if order.customer is None:
            continue
        for entry in order.entries:
            month = books[order.customer][entry.date.replace(day=1)]
            for name in month.money:
                month.money[name] += getattr(entry, name)
        if order.is_valid:
            month = books[order.customer][order.date.replace(day=1)]
            month.orders += 1
            month.units += order.units
            month.last_order = max(order.date, month.last_order or order.date)
    last = max((month for months in books.values() for month in months), default=date.min)
    for customer, months in books.items():
        orders, units, net, bought = 0, 0, ZERO, None
        for start in months_between(min(months), last):
            month, end = months.get(start, _Month()), end_of(start)
            orders, units, net, bought = orders + month.orders, units + month.units, net + month.net_revenue, month.last_order or bought
            yield {
                "customer_key": customer,
                "customer_sk": customer_version(facts, customer, last_moment(start)),
                "month_start": start,
                "month_end": end,
                "orders": month.orders,
                "units": month.units,
                **month.money,
                "net_revenue": month.net_revenue,
                "orders_to_date": orders,
                "units_to_date": units,
                "net_revenue_to_date": net,
                "days_since_last_order": None if bought is None else (end - bought).days,
            }
