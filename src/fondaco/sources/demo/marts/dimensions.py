"""The truth about the dimensions: every version of every member that the reader can know, and whoever is only named by an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fondaco.sources.demo import money
from fondaco.sources.demo.history import Version
from fondaco.sources.demo.marts.facts import Facts, Order
from fondaco.sources.demo.marts.members import Members
from fondaco.sources.demo.marts.names import UNKNOWN
from fondaco.sources.demo.marts.sales import Row, moment

_SINCE_EVER = moment("1900-01-01 00:00:00")


def dim_customers(facts: Facts) -> Iterator[Row]:
    """Registered ones as known, guests and whoever an order names that is not known as first met."""
    names, events, first_orders = facts.names, dict[str, str](), dict[str, Order]()
    for order in facts.orders:
        if order.customer is None:
            continue
        times = [order.at, *(attempt.at for attempt in order.attempts), *(parcel.shipped_at for parcel in order.parcels)]
        times += [part.at for part in order.returns] + ([order.cancelled_at] if order.cancelled_at else [])
        events[order.customer] = min([*times, *([events[order.customer]] if order.customer in events else [])])
        known = first_orders.get(order.customer)
        if known is None or (order.at, str(order.number)) < (known.at, str(known.number)):
            first_orders[order.customer] = order
    for number, chain in facts.customers.versions.items():
        yield from _versions(facts, "customer", str(number), str(number), "registered", chain, events.get(str(number)), _customer)
    for customer, first in first_orders.items():
        is_guest = "@" in customer
        if is_guest or int(customer) not in facts.customers.versions:
            row = dict.fromkeys(_customer({})) | {"country": first.country, "is_test": False}
            yield _inferred(
                facts, "customer", names.customer(customer), customer, None if is_guest else customer, is_guest, events[customer], row
            )
    yield _unknown("customer", dict.fromkeys(_customer({})) | {"country": "ZZ", "is_test": False})


def dim_products(facts: Facts) -> Iterator[Row]:
    """Those of the catalogue as known, and whatever was sold that is not in it."""
    sold: dict[str, str] = {}
    for order in facts.orders:
        for line in order.lines:
            sold[line.sku] = min(order.at, sold.get(line.sku, order.at))
    for sku, chain in facts.products.versions.items():
        yield from _versions(facts, "product", sku, str(sku), "catalogued", chain, sold.get(str(sku)), _product)
    nothing = dict.fromkeys(_product({}))
    for sku in sold.keys() - facts.products.versions.keys():
        yield _inferred(facts, "product", facts.names.key(sku), sku, sku, False, sold[str(sku)], nothing)
    yield _unknown("product", nothing)


def dim_resellers(facts: Facts) -> Iterator[Row]:
    """Those on the marketplace as known, and whoever sold that is not known."""
    sold: dict[int, str] = {}
    for order in facts.orders:
        for line in order.lines:
            if line.seller is not None:
                sold[line.seller] = min(order.at, sold.get(line.seller, order.at))
    for number, chain in facts.sellers.versions.items():
        yield from _versions(facts, "reseller", number, str(number), "registered", chain, sold.get(int(number)), _reseller)
    nothing = dict.fromkeys(_reseller({})) | {"country": "ZZ"}
    for number in sold.keys() - facts.sellers.versions.keys():
        yield _inferred(facts, "reseller", facts.names.key(number), number, str(number), False, sold[int(number)], nothing)
    yield _unknown("reseller", nothing)


def dim_coupon(facts: Facts) -> Iterator[Row]:
    """Codes that any order carries."""
    orders: dict[str, list[Order]] = defaultdict(list)
    for order in facts.orders:
        if order.coupon is not None:
            orders[order.coupon].append(order)
    for coupon, theirs in orders.items():
        yield {
            "coupon_code": coupon,
            "first_ordered_date": min(order.date for order in theirs),
            "last_ordered_date": max(order.date for order in theirs),
            "is_test": all(order.is_test for order in theirs),
        }


def dim_date(facts: Facts) -> Iterator[Row]:
    """Whole years: from the first of an order, a refund or a rate to the one after the last."""
    days = [date.fromisoformat(order.at[:10]) for order in facts.orders] + [day for _, day in facts.rates]
    days += [date.fromisoformat(part.at[:10]) for order in facts.orders for part in order.returns]
    first = date(min(days, default=date(2020, 1, 1)).year, 1, 1)
    last = date(max(days, default=date(2020, 1, 1)).year + 1, 12, 31)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield {
            "date_day": day,
            "year_number": day.year,
            "quarter_of_year": (day.month + 2) // 3,
            "month_of_year": day.month,
            "day_of_month": day.day,
            "day_of_week_iso": day.isoweekday(),
            "month_start": day.replace(day=1),
            "month_end": (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1),
            "week_start": day - timedelta(days=(day.weekday() - facts.rules.week_start) % 7),
            "is_weekend": day.isoweekday() > 5,
        }


def customer_version(facts: Facts, customer: str | None, at: str) -> str:
    """Surrogate key of the customer as they were at a moment (UTC text)."""
    if customer is None:
        return UNKNOWN
    return _version_of(facts, facts.customers, None if "@" in customer else int(customer), facts.names.customer(customer), at)


def product_version(facts: Facts, sku: str, at: str) -> str:
    """Surrogate key of the product as it was at a moment."""
    return _version_of(facts, facts.products, sku, facts.names.key(sku), at)


def reseller_version(facts: Facts, seller: int | None, at: str) -> str:
    """Surrogate key of the seller as they were at a moment; of nobody for own stock."""
    return UNKNOWN if seller is None else _version_of(facts, facts.sellers, seller, facts.names.key(seller), at)


def _version_of(facts: Facts, members: Members, number: int | str | None, key: str, at: str) -> str:
    version = members.version_at(number, at)
    return facts.names.version(key, version.observed_from if version else None)


def _versions(
    facts: Facts,
    kind: str,
    own_key: int | str,
    number: str,
    member_kind: str,
    chain: Iterable[Version],
    first_event: str | None,
    attributes: Callable[[Mapping[str, Any]], Row],
) -> Iterator[Row]:
    """The versions of one member, the first of them reaching back to its first event."""
    for version in chain:
        began = version.observed_from
        if version.number == 1 and first_event is not None:
            began = min(began, first_event)
        # of a member that is gone only its key and the time are known
        row = attributes({} if version.is_deleted else version.values)
        yield {
            f"{kind}_sk": facts.names.version(facts.names.key(own_key), version.observed_from),
            f"{kind}_key": own_key,
            "source_name": facts.names.source,
            f"{kind}_id": number,
            "member_kind": member_kind,
            **row,
            "updated_at": moment(version.observed_from),
            "is_deleted": version.is_deleted,
            "observed_from": moment(version.observed_from),
            "valid_from": moment(began),
            "valid_to": moment(version.valid_to),
            "is_current": version.valid_to is None,
            "version_number": version.number,
        }


def _inferred(
    facts: Facts, kind: str, key: str, own_key: int | str, number: str | None, is_guest: bool, first_event: str, attributes: Row
) -> Row:
    return {
        f"{kind}_sk": facts.names.version(key, None),
        f"{kind}_key": own_key,
        "source_name": facts.names.source,
        f"{kind}_id": number,
        "member_kind": "guest" if is_guest else "inferred",
        **attributes,
        "updated_at": None,
        "is_deleted": False,
        "observed_from": None,
        "valid_from": moment(first_event),
        "valid_to": None,
        "is_current": True,
        "version_number": 1,
    }


def _unknown(kind: str, attributes: Row) -> Row:
    """The member of events that name none."""
    return {
        f"{kind}_sk": UNKNOWN,
        f"{kind}_key": None,
        "source_name": None,
        f"{kind}_id": None,
        "member_kind": "unknown",
        **attributes,
        "updated_at": None,
        "is_deleted": False,
        "observed_from": None,
        "valid_from": _SINCE_EVER,
        "valid_to": None,
        "is_current": True,
        "version_number": 1,
    }


def _customer(values: Mapping[str, Any]) -> Row:
    same = ("email", "phone", "first_name", "last_name", "street", "city", "postal_code")
    accepts, born = values.get("accepts_marketing"), values.get("birth_date")
    return {
        **{name: values.get(name) for name in same},
        "country_name": values.get("country"),
        "country": values.get("country") or "ZZ",
        "birth_date": born and date.fromisoformat(born),
        "accepts_marketing": None if accepts is None else bool(accepts),
        "acquisition_channel": values.get("channel"),
        "is_test": bool(values.get("is_test")),
        "merged_into_id": None,
        "created_at": moment(values.get("created_at")),
    }


def _product(values: Mapping[str, Any]) -> Row:
    seller, currency = values.get("seller_id"), values.get("currency", "")
    return {
        **{name: values.get(name) for name in ("name", "category", "brand", "status", "currency")},
        "reseller_id": None if seller is None else str(seller),
        "list_price": _price(values.get("price"), currency),
        "cost_price": _price(values.get("cost"), currency),
        "created_at": moment(values.get("created_at")),
    }


def _price(amount: int | None, currency: str) -> Decimal | None:
    return None if amount is None else money.from_minor(amount, currency)


def _reseller(values: Mapping[str, Any]) -> Row:
    rate = values.get("commission_pct")
    return {
        **{name: values.get(name) for name in ("name", "email", "phone", "status")},
        "country_name": values.get("country"),
        "country": values.get("country") or "ZZ",
        "commission_rate": None if rate is None else Decimal(rate) * Decimal("0.01"),
        "created_at": moment(values.get("created_at")),
    }
