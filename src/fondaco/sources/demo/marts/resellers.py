"""The truth about the marts of resellers and of coupons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from fondaco.sources.demo import money
from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.facts import ZERO, Facts, Order
from fondaco.sources.demo.marts.sales import Row

_RATE = Decimal("0.01")


def reseller_performance(facts: Facts) -> Iterator[Row]:
    """Sales by the month of the order, punctuality by the month of the promise."""
    cells: dict[tuple[int, date], dict[str, Any]] = defaultdict(_nothing)
    for order in facts.booked:
        for line in order.goods:
            if line.seller is None:
                continue
            cell, terms = cells[line.seller, order.date.replace(day=1)], facts.sellers.at(line.seller, order.at)
            rate = Decimal(terms["commission_pct"]) * _RATE
            cell["lines_booked"] += 1
            cell["gmv"] += line.gross
            if not order.is_valid:
                cell["lines_cancelled"] += 1
                continue
            cell["orders"].add(order.number)
            cell["products_sold"].add(line.sku)
            cell["units"] += line.units
            cell["gross_sales"] += line.gross
            cell["discounts"] += line.discount
            cell["commission"] += money.four_places(line.net * rate)
            for part in order.returns:
                if part.line is line:
                    cell["orders_with_refund"].add(order.number)
                    cell["returned_units"] += part.units
                    cell["returns"] += part.goods
                    cell["commission"] -= money.four_places(part.goods * rate)
    for order in facts.orders:
        seller = seller_of(order)
        if order.is_test or not isinstance(seller, int):
            continue
        for parcel in order.parcels:
            if parcel.promised_at is not None and business_date(parcel.promised_at) < facts.last_day:
                cell = cells[seller, business_date(parcel.promised_at).replace(day=1)]
                cell["due"] += 1
                cell["late"] += parcel.delivered_at is None or parcel.delivered_at > parcel.promised_at
    for (seller, month), cell in cells.items():
        now = facts.sellers.now(seller)
        net = cell["gross_sales"] - cell["discounts"] - cell["returns"]
        yield {
            "reseller_key": seller,
            "month_start": month,
            "reseller_id": str(seller),
            "reseller_name": now["name"],
            "country": now["country"],
            **{name: len(value) if isinstance(value, set) else value for name, value in cell.items()},
            "net_revenue": net,
            "payout": net - cell["commission"],
        }


def _nothing() -> dict[str, Any]:
    counts = ("lines_booked", "lines_cancelled", "lines_without_terms", "due", "late", "units", "returned_units")
    amounts = ("gmv", "gross_sales", "discounts", "returns", "commission")
    distinct: dict[str, set[Any]] = {name: set() for name in ("orders", "products_sold", "orders_with_refund")}
    return dict.fromkeys(counts, 0) | dict.fromkeys(amounts, ZERO) | distinct


def seller_of(order: Order) -> int | str:
    """Whose goods an order holds: a seller's number, own stock, or several."""
    sellers = {line.seller for line in order.goods}
    if len(sellers) > 1:
        return "mixed"
    return next(iter(sellers), None) or "own"


def coupon_performance(facts: Facts) -> Iterator[Row]:
    """By the month of the order."""
    orders: dict[tuple[str, date], list[Order]] = defaultdict(list)
    valid_in: dict[date, int] = defaultdict(int)
    for order in facts.booked:
        month = order.date.replace(day=1)
        valid_in[month] += order.is_valid
        if order.coupon is not None:
            orders[order.coupon, month].append(order)
    for (coupon, month), theirs in orders.items():
        valid = [order for order in theirs if order.is_valid]
        yield {
            "coupon_code": coupon,
            "month_start": month,
            "orders_booked": len(theirs),
            "orders": len(valid),
            "orders_of_month": valid_in[month],
            "new_customers": sum(order.customer_type == "new" for order in valid),
            "orders_of_returning": sum(order.customer_type == "returning" for order in valid),
            "units": sum(order.units for order in valid),
            "gross_sales": sum((order.gross for order in valid), ZERO),
            "discounts": sum((order.discount for order in valid), ZERO),
            "coupon_discounts": sum((order.order_discount for order in valid), ZERO),
            "returns": sum((order.refunded for order in valid), ZERO),
            "net_revenue": sum((order.net for order in valid), ZERO),
        }
