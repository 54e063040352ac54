"""The truth about the marts of sales: days, orders, the funnel, refunds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.facts import ZERO, Facts, Order, Return

Row = dict[str, Any]

_MONEY = ("gross_sales", "discounts", "returns", "cancellations", "net_revenue", "shipping_revenue", "taxes")
_COUNTS = ("orders_booked", "orders", "new_customers", "orders_with_coupon", "guest_orders")
_NOTHING = dict.fromkeys((*_MONEY, "gift_cards", "adjustments", "units"), ZERO) | dict.fromkeys(_COUNTS, 0)


def daily_sales(facts: Facts) -> Iterator[Row]:
    """Money on the day of its event, counts on the day of the order; a day without trade is one row of zeros."""
    cells: dict[tuple[date, str, str, str, str], Row] = defaultdict(lambda: dict(_NOTHING))
    for order in facts.booked:
        where = (order.country, order.channel, order.customer_type, order.currency)
        for entry in order.entries:
            cell = cells[entry.date, *where]
            for measure in _MONEY:
                cell[measure] += getattr(entry, measure)
        for day, amount in _gift_cards(order):
            cells[day, *where]["gift_cards"] += amount
        cell = cells[order.date, *where]
        cell["orders_booked"] += 1
        if order.is_valid:
            cell["orders"] += 1
            cell["units"] += order.units
            cell["new_customers"] += order.place == 1
            cell["orders_with_coupon"] += order.coupon is not None
            cell["guest_orders"] += order.customer_id is None
    days = {cell[0] for cell in cells}
    first = min(days, default=date.min)
    for number in range((max(days, default=first) - first).days):
        day = first + timedelta(days=number)
        if day not in days:
            cells[day, "ZZ", "none", "unknown", "EUR"] = dict(_NOTHING)
    for (day, country, channel, customer_type, currency), cell in cells.items():
        grain = {"business_date": day, "country": country, "channel": channel, "customer_type": customer_type, "currency": currency}
        yield {**grain, **cell, "total_sales": cell["net_revenue"] + cell["shipping_revenue"] + cell["taxes"]}


def _gift_cards(order: Order) -> Iterator[tuple[date, Decimal]]:
    """Sold, refunded, and what a cancellation takes back: a liability, on the day of each."""
    sold = sum((line.net for line in order.lines if not line.is_goods), ZERO)
    back = [(part.date, part.goods) for part in order.returns if not part.line.is_goods]
    yield order.date, sold
    yield from ((day, -amount) for day, amount in back)
    if order.cancelled_at is not None:
        yield business_date(order.cancelled_at), sum((amount for _, amount in back), ZERO) - sold


def orders(facts: Facts) -> Iterator[Row]:
    """Booked orders."""
    for order in facts.booked:
        main, promised = order.main_payment, [parcel.promised_at for parcel in order.parcels if parcel.promised_at is not None]
        promised_at, shipped = max(promised, default=None), [parcel.shipped_at for parcel in order.parcels]
        yield {
            "order_key": order.number,
            "source_name": facts.names.source,
            "order_id": str(order.number),
            "customer_key": order.customer,
            "status": order.status,
            "channel": order.channel,
            "country": order.country,
            "coupon_code": order.coupon,
            "is_valid": order.is_valid,
            "is_guest": order.customer_id is None,
            "is_settled": order.date + timedelta(days=facts.rules.settle_days) < facts.last_day,
            "is_first_order": None if order.place is None else order.place == 1,
            "customer_order_number": order.place,
            "customer_type": order.customer_type,
            "days_since_previous_order": order.days_since_previous,
            "line_count": len(order.lines),
            "product_count": len({line.sku for line in order.goods}),
            "reseller_count": len({line.seller for line in order.lines if line.seller is not None}),
            "units": order.units,
            "returned_units": order.returned_units,
            "shipped_units": shipped_units(order),
            "payment_attempts": len(order.attempts),
            "failed_payment_attempts": sum(attempt.status == "failed" for attempt in order.attempts),
            "parcel_count": len(order.parcels),
            "currency": order.currency,
            "gross_amount": order.gross,
            "discount_amount": order.discount,
            "refunded_amount": order.refunded,
            "net_amount": order.net,
            "shipping_amount": order.shipping,
            "tax_amount": order.tax,
            "total_amount": order.total,
            "captured_amount": order.captured_amount,
            "paid_back_amount": order.paid_back,
            "payment_difference": payment_difference(order),
            "refund_status": order.refund_status,
            "payment_method": main and main.method,
            "payment_provider": main and main.provider,
            "ordered_at": moment(order.at),
            "ordered_date": order.date,
            "paid_at": moment(order.paid_at),
            "shipped_at": moment(min(shipped, default=None)),
            "promised_at": moment(promised_at),
            "delivered_at": moment(order.delivered_at),
            "is_on_time": None if order.delivered_at is None or promised_at is None else order.delivered_at <= promised_at,
            "cancelled_at": moment(order.cancelled_at),
            "cancelled_date": None if order.cancelled_at is None else business_date(order.cancelled_at),
        }


def shipped_units(order: Order) -> int:
    """Units that left, at most those ordered; the status says it of an order without parcels."""
    left = sum(parcel.units for parcel in order.parcels) if order.parcels else order.units * (order.status in ("shipped", "delivered"))
    return min(left, order.units)


def payment_difference(order: Order) -> Decimal | None:
    """Captured beyond what the order asks; 0 within a cent a line, None for an order that is unpaid."""
    if not order.attempts or (order.is_valid and order.captured_amount == 0):
        return None
    difference = order.captured_amount - (order.total if order.is_valid else order.paid_back)
    return ZERO if abs(difference) <= Decimal("0.01") * max(len(order.lines), 1) else difference


def order_funnel(facts: Facts) -> Iterator[Row]:
    """Each stage among the orders of the stage before."""
    cells: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for order in facts.orders:
        if order.is_test:
            continue
        stages = (
            True,
            order.paid_at is not None or order.status in ("paid", "shipped", "delivered"),
            bool(order.parcels) or order.status in ("shipped", "delivered"),
            order.delivered_at is not None or order.status == "delivered",
            order.returned_units > 0,
        )
        cell = cells[order.date, order.channel, order.country]
        for place in range(len(stages)):
            cell[place] += all(stages[: place + 1])
    names = ("placed", "paid", "shipped", "delivered", "returned")
    for (day, channel, country), counts in cells.items():
        yield {"business_date": day, "channel": channel, "country": country, **dict(zip(names, counts, strict=True))}


def refunds(facts: Facts) -> Iterator[Row]:
    """By the month of the refund, the product and the reason."""
    cells: dict[tuple[date, str, str], list[tuple[Order, Return]]] = defaultdict(list)
    for order in facts.booked:
        for part in order.returns:
            cells[part.date.replace(day=1), part.line.sku, part.reason or "unknown"].append((order, part))
    for (month, sku, reason), parts in cells.items():
        days = sorted((part.date - order.date).days for order, part in parts)
        yield {
            "refund_month": month,
            "product_key": sku,
            "reason": reason,
            "refunds": len({part.refund for _, part in parts}),
            "orders": len({order.number for order, _ in parts}),
            "units": sum(part.units for _, part in parts),
            "returns": sum((part.goods for _, part in parts if part.line.is_goods), ZERO),
            "gift_card_amount": sum((part.goods for _, part in parts if not part.line.is_goods), ZERO),
            "shipping_amount": sum((part.shipping for _, part in parts), ZERO),
            "tax_amount": sum((part.tax for _, part in parts), ZERO),
            "lines_with_order": len(parts),
            "days_to_refund": sum(days),
            "median_days_to_refund": share_of(days, 5),
        }


def data_issues(_facts: Facts) -> Iterator[Row]:
    """None: what the simulated shop says can always be right, and its dirty rows never pass the quarantine."""
    return iter(())


def share_of(values: list[int], tenths: int) -> int | None:
    """The smallest value that so many tenths of all sorted values do not exceed; None of none."""
    return values[-(-len(values) * tenths // 10) - 1] if values else None


def moment(text: str | None) -> datetime | None:
    """A UTC text as a time."""
    return None if text is None else datetime.fromisoformat(text)
