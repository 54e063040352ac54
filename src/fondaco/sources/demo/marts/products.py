"""The truth about the marts of products: months, what is bought together, what a new price did."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

from fondaco.sources.demo import money
from fondaco.sources.demo.history import Version
from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.calendar import end_of, last_moment
from fondaco.sources.demo.marts.facts import ZERO, Facts, Line, Order
from fondaco.sources.demo.marts.sales import Row, moment

_FOUR_WEEKS = timedelta(days=28)


def product_performance(facts: Facts) -> Iterator[Row]:
    """By the month of the order."""
    months: dict[date, dict[str, list[tuple[Order, Line]]]] = defaultdict(lambda: defaultdict(list))
    for order in facts.valid:
        for line in order.goods:
            months[order.date.replace(day=1)][line.sku].append((order, line))
    weekly = _weekly_units(facts)
    for month, sold in months.items():
        returned = {sku: _returned(lines) for sku, lines in sold.items()}
        net = {sku: sum((line.net for _, line in lines), ZERO) - returned[sku][1] for sku, lines in sold.items()}
        classes, places = _abc(net), Counter[str]()
        for sku in sorted(net, key=lambda sku: (-net[sku], sku)):
            lines, (units_back, goods_back) = sold[sku], returned[sku]
            now, then = facts.products.now(sku), facts.products.at(sku, last_moment(month))
            places[now.get("category", "")] += 1
            units = sum(line.units for _, line in lines)
            yield {
                "product_key": sku,
                "month_start": month,
                "product_id": sku,
                "product_name": now.get("name"),
                "category": now.get("category"),
                "list_price": money.from_minor(then["price"], then["currency"]) if then else None,
                "list_price_currency": then.get("currency"),
                "units": units,
                "net_units": units - units_back,
                "orders": len({order.number for order, _ in lines}),
                "distinct_customers": len({order.customer for order, _ in lines} - {None}),
                "gross_sales": sum((line.gross for _, line in lines), ZERO),
                "discounts": sum((line.discount for _, line in lines), ZERO),
                "returns": goods_back,
                "net_revenue": net[sku],
                "abc_class": classes[sku],
                "xyz_class": _xyz(weekly[sku], min(end_of(month), facts.last_day), facts.rules.week_start),
                "rank_in_category": places[now.get("category", "")],
            }


def product_affinity(facts: Facts) -> Iterator[Row]:
    """Both directions of every pair that enough baskets of a window hold."""
    rules = facts.rules
    for days in rules.affinity_window_days:
        baskets = [
            {line.sku for line in order.goods}
            for order in facts.valid
            if order.goods and order.date > facts.last_day - timedelta(days=days)
        ]
        baskets = [basket for basket in baskets if len(basket) <= rules.affinity_max_basket]
        orders = Counter(sku for basket in baskets for sku in basket)
        pairs = Counter(pair for basket in baskets for pair in combinations(sorted(basket), 2))
        companions: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for (one, other), count in pairs.items():
            if count >= rules.affinity_min_pair_orders and count >= len(baskets) * rules.affinity_min_support:
                companions[one].append((-count, orders[other], other))
                companions[other].append((-count, orders[one], one))
        for sku, others in companions.items():
            for rank, (count, other_orders, other) in enumerate(sorted(others), start=1):
                yield {
                    "product_key": sku,
                    "other_product_key": other,
                    "window_days": days,
                    "window_end": facts.last_day,
                    "orders_in_window": len(baskets),
                    "product_orders": orders[sku],
                    "other_product_orders": other_orders,
                    "pair_orders": -count,
                    "affinity_rank": rank,
                }


def price_changes(facts: Facts) -> Iterator[Row]:
    """Each version that came with another price, with the four weeks before and after its day."""
    sold: dict[str, list[tuple[date, Line]]] = defaultdict(list)
    for order in facts.valid:
        for line in order.goods:
            sold[line.sku].append((order.date, line))
    for sku, chain in facts.products.versions.items():
        living = [version for version in chain if not version.is_deleted]
        steps = list(pairwise(living))
        prices = [(new, _day(new)) for old, new in steps if old.values["price"] != new.values["price"]]
        statuses = [_day(new) for old, new in steps if old.values["status"] != new.values["status"]]
        before = dict(zip((new.observed_from for _, new in steps), (old for old, _ in steps), strict=True))
        for version, _ in prices:
            others = [other for changed, other in prices if changed is not version]
            yield _price_change(facts, before[version.observed_from], version, sold[str(sku)], others, statuses)


def _price_change(
    facts: Facts, old: Version, new: Version, sold: list[tuple[date, Line]], other_prices: list[date], statuses: list[date]
) -> Row:
    day = _day(new)
    before = [line for on, line in sold if day - _FOUR_WEEKS <= on < day]
    after = [line for on, line in sold if day < on <= day + _FOUR_WEEKS]
    old_price, new_price = (money.from_minor(version.values["price"], version.values["currency"]) for version in (old, new))
    units, amounts = [_units(lines) for lines in (before, after)], [_amount(lines) for lines in (before, after)]
    is_over = day + _FOUR_WEEKS < facts.last_day
    reason = None
    if not is_over:
        reason = "window_open"
    elif min(old_price, new_price) <= 0:
        reason = "no_price"
    elif business_date(new.values["created_at"]) > day - _FOUR_WEEKS:
        reason = "just_launched"
    elif any(abs(other - day) <= _FOUR_WEEKS for other in other_prices):
        reason = "another_change"
    elif any(abs(other - day) <= _FOUR_WEEKS for other in statuses):
        reason = "other_status"
    elif _is_promoted(before, after):
        reason = "promotion"
    elif min(units) < 10:
        reason = "few_units"
    return {
        "product_key": new.key,
        "valid_from": moment(new.observed_from),
        "product_id": new.key,
        "product_name": new.values["name"],
        "changed_date": day,
        "currency": new.values["currency"],
        "old_price": old_price,
        "new_price": new_price,
        "is_mature": is_over,
        "is_confounded": reason is not None,
        "confounded_reason": reason,
        "before_units": units[0],
        "before_amount": amounts[0],
        "after_units": units[1] if is_over else None,
        "after_amount": amounts[1] if is_over else None,
        "elasticity": None if reason else math.log(units[1] / units[0]) / math.log(new_price / old_price),
    }


def _is_promoted(before: list[Line], after: list[Line]) -> bool:
    """Whether discounts took another share of the sales: more than five points; not asked where there were none."""
    gross = [sum((line.gross for line in lines), ZERO) for lines in (before, after)]
    if not all(gross):
        return False
    shares = [sum((line.discount for line in lines), ZERO) / total for lines, total in zip((before, after), gross, strict=True)]
    return abs(shares[0] - shares[1]) > Decimal("0.05")


def _units(lines: list[Line]) -> int:
    return sum(line.units for line in lines)


def _amount(lines: list[Line]) -> Decimal:
    return sum((line.net for line in lines), ZERO)


def _day(version: Version) -> date:
    return business_date(version.observed_from)


def _returned(lines: list[tuple[Order, Line]]) -> tuple[int, Decimal]:
    """Units and goods value that came back of these lines."""
    parts = [part for order, line in lines for part in order.returns if part.line is line]
    return sum(part.units for part in parts), sum((part.goods for part in parts), ZERO)


def _abc(net: Mapping[str, Decimal]) -> dict[str, str]:
    total, so_far = sum((max(amount, ZERO) for amount in net.values()), ZERO), ZERO
    classes: dict[str, str] = {}
    for sku in sorted(net, key=lambda sku: (-net[sku], sku)):
        share = so_far / total if total else ZERO
        classes[sku] = "C" if net[sku] <= 0 or share >= Decimal("0.95") else "B" if share >= Decimal("0.80") else "A"
        so_far += max(net[sku], ZERO)
    return classes


def _weekly_units(facts: Facts) -> dict[str, Counter[date]]:
    """By product and last day of the week."""
    weekly: dict[str, Counter[date]] = defaultdict(Counter)
    for order in facts.valid:
        for line in order.goods:
            weekly[line.sku][order.date + timedelta(days=6 - (order.date.weekday() - facts.rules.week_start) % 7)] += line.units
    return weekly


def _xyz(weekly: Mapping[date, int], window_end: date, week_start: int) -> str | None:
    """The class by the spread of the last 26 whole weeks since the first sale."""
    first, week = min(weekly), window_end - timedelta(days=(window_end.weekday() - week_start + 1) % 7)
    units: list[int] = []
    while week >= first and len(units) < 26:
        units.append(weekly.get(week, 0))
        week -= timedelta(days=7)
    if len(units) < 8 or not any(units):
        return None
    mean = Decimal(sum(units)) / len(units)
    variance = sum((Decimal(count) - mean) ** 2 for count in units) / len(units)
    return "X" if variance <= (mean / 2) ** 2 else "Y" if variance <= mean**2 else "Z"
