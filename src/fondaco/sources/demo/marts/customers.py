"""The truth about the marts of customers: each customer now, their segments month by month, their cohorts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

from fondaco.sources.demo.marts.calendar import end_of, months_between
from fondaco.sources.demo.marts.facts import ZERO, Facts, Order
from fondaco.sources.demo.marts.rules import Rules
from fondaco.sources.demo.marts.sales import Row, moment

_ACTIONS = {
    "Cannot lose them": "Call or write in person; find out what went wrong.",
    "Loyal": "Offer a loyalty programme; recommend what goes with their last order.",
    "Champions": "Reward them; ask for reviews; show what is new first.",
    "At risk": "Win back: a personal offer on what they used to buy.",
    "Need attention": "Remind with an offer that ends soon.",
    "Potential loyalists": "Suggest a second category; invite to the programme.",
    "Hibernating": "Send the bestsellers at a price that wakes.",
    "About to sleep": "Share what is popular; small discount on the next order.",
    "Lost": "One last offer, then leave in peace.",
    "Promising": "Welcome series; free shipping on the next order.",
    "New customers": "Thank them; help with the first order; start the relationship.",
    "Dormant": "One strong offer to come back, then leave in peace.",
    "Prospect": "Invite to a first order.",
}
#: By frequency from 5 down to 1, for recency 1 to 5.
_GRID = (
    ("Cannot lose them", "Cannot lose them", "Loyal", "Loyal", "Champions"),
    ("At risk", "At risk", "Loyal", "Loyal", "Champions"),
    ("At risk", "At risk", "Need attention", "Potential loyalists", "Potential loyalists"),
    ("Hibernating", "Hibernating", "About to sleep", "Potential loyalists", "Potential loyalists"),
    ("Lost", "Hibernating", "About to sleep", "Promising", "New customers"),
)
_SCORES = ("recency_days", "frequency", "monetary", "r_score", "f_score", "m_score")


def customers(facts: Facts) -> Iterator[Row]:
    """Everybody that the shop knows, but for its own testers."""
    valid, booked, known = _by_customer(facts.valid), _by_customer(facts.booked), _by_customer(facts.orders)
    scores, gaps = _scores(valid, facts.last_day, facts.rules), {key: _gaps(theirs) for key, theirs in valid.items()}
    expected = _expected_gaps(gaps, valid, scores, facts.rules)
    registered = {str(key) for key in facts.customers.versions}
    for key in registered | {key for key, theirs in known.items() if not all(order.is_test for order in theirs)}:
        row = facts.customers.now(int(key)) if key in registered else {}
        if row.get("is_test"):
            continue
        theirs, mine = sorted(valid.get(key, []), key=lambda order: order.place or 0), gaps.get(key, [])
        segment = scores[key]["rfm_segment"] if key in scores else "Prospect"
        first, last = (theirs[0].date, max(order.date for order in theirs)) if theirs else (None, None)
        second = theirs[1].date if len(theirs) > 1 else None
        gone = None if last is None else (facts.last_day - last).days
        yield {
            "customer_key": key,
            "customer_id": None if "@" in key else key,
            "source_name": facts.names.source,
            "member_kind": "registered" if key in registered else "guest" if "@" in key else "inferred",
            "email": row.get("email"),
            "first_name": row.get("first_name"),
            "last_name": row.get("last_name"),
            "country": facts.homes.get(key, row.get("country", "ZZ")),
            "acquisition_channel": row.get("channel"),
            "signed_up_at": moment(row.get("created_at")),
            "is_deleted": key in registered and not row,
            "first_order_date": first,
            "last_order_date": last,
            "orders": len(theirs),
            "units": sum(order.units for order in theirs),
            "revenue_before_returns": sum((order.gross - order.discount for order in theirs), ZERO),
            "refunded_amount": sum((order.refunded for order in theirs), ZERO),
            "net_revenue": sum((order.net for order in theirs), ZERO),
            "clv_historic": sum((entry.net_revenue for order in booked.get(key, []) for entry in order.entries), ZERO),
            "orders_with_coupon": sum(order.coupon is not None for order in theirs),
            "orders_with_refund": sum(order.refund_status != "none" for order in theirs),
            "favourite_channel": _favourite((order.channel, 1) for order in theirs),
            "favourite_category": _favourite(_categories(facts, theirs)),
            "purchase_days": len({order.date for order in theirs}),
            "median_gap_days": _days(median(mine)) if mine else None,
            "days_to_second_order": None if first is None or second is None else (second - first).days,
            "repeated_within_90_days": _repeated(first, second, facts.last_day),
            "as_of_date": None if facts.last_day == date.min else facts.last_day,
            **{name: scores.get(key, {}).get(name) for name in _SCORES},
            "rfm_segment": segment,
            "rfm_action": _ACTIONS[segment],
            "days_since_last_order": gone,
            "expected_gap_days": expected.get(key),
            "churn_risk": _churn_risk(gone, expected.get(key)),
        }


def customer_segments_history(facts: Facts) -> Iterator[Row]:
    """Every month that is over, from the customer's first valid order on."""
    valid = _by_customer(facts.valid)
    before: dict[str, str] = {}
    for month_end in _month_ends(min((order.date for order in facts.valid), default=facts.last_day), facts.last_day):
        for key, scored in _scores(valid, month_end, facts.rules).items():
            yield {
                "customer_key": key,
                "month_end": month_end,
                "country": facts.homes[key],
                **{name: scored.get(name) for name in _SCORES},
                "rfm_segment": scored["rfm_segment"],
                "previous_segment": before.get(key),
            }
            before[key] = scored["rfm_segment"]


def cohort_retention(facts: Facts) -> Iterator[Row]:
    """Every month from a cohort's own to the running one."""
    cohorts: dict[tuple[date, str, str], list[list[Order]]] = defaultdict(list)
    for key, theirs in _by_customer(facts.valid).items():
        channel = "unknown" if "@" in key else facts.customers.now(int(key)).get("channel") or "unknown"
        cohorts[min(order.date for order in theirs).replace(day=1), channel, facts.homes[key]].append(theirs)
    for (cohort, channel, country), buyers in cohorts.items():
        total = ZERO
        for number, month in enumerate(months_between(cohort, facts.last_day)):
            active = [[order for order in theirs if order.date.replace(day=1) == month] for theirs in buyers]
            net = sum((order.net for theirs in active for order in theirs), ZERO)
            total += net
            is_over = end_of(month) < facts.last_day
            yield {
                "cohort_month": cohort,
                "month_number": number,
                "acquisition_channel": channel,
                "country": country,
                "cohort_size": len(buyers),
                "is_mature": is_over,
                "active_customers": sum(bool(theirs) for theirs in active) if is_over else None,
                "orders": sum(len(theirs) for theirs in active),
                "net_revenue": net,
                "cumulative_net_revenue": total if is_over else None,
            }


def _by_customer(orders: Iterable[Order]) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        if order.customer is not None:
            found[order.customer].append(order)
    return dict(found)


def _scores(valid: dict[str, list[Order]], as_of: date, rules: Rules) -> dict[str, Row]:
    """Scores and segment as of a day, of everybody who had bought by then."""
    bought = {key: [order for order in theirs if order.date <= as_of] for key, theirs in valid.items()}
    kept = {
        key: [order for order in theirs if order.refund_status != "full" and order.date > as_of - timedelta(days=rules.rfm_window_days)]
        for key, theirs in bought.items()
    }
    recency = {key: (as_of - max(order.date for order in theirs)).days for key, theirs in kept.items() if theirs}
    value = {key: sum((order.net for order in theirs), ZERO) for key, theirs in kept.items() if theirs}
    fresh, rich = _fifths(recency), _fifths(value)
    scored: dict[str, Row] = {key: {"rfm_segment": "Dormant"} for key, theirs in bought.items() if theirs}
    for key in recency:
        days = len({order.date for order in kept[key]})
        r, f, m = 5 - fresh[key], 1 + sum(days > band for band in rules.rfm_frequency_bands), 1 + rich[key]
        values = (recency[key], days, value[key], r, f, m)
        scored[key] = dict(zip(_SCORES, values, strict=True)) | {"rfm_segment": _GRID[5 - f][r - 1]}
    return scored


def _fifths(values: dict[str, Any]) -> dict[str, int]:
    """0 to 4 by the share of the others that are smaller; equal values are in one fifth."""
    ordered, others = sorted(values.values()), max(len(values) - 1, 1)
    smaller = {value: place for place, value in reversed(list(enumerate(ordered)))}
    return {key: min(4, 5 * smaller[value] // others) for key, value in values.items()}


def _gaps(orders: Iterable[Order]) -> list[int]:
    return [(later - earlier).days for earlier, later in pairwise(sorted({order.date for order in orders}))]


def _expected_gaps(gaps: dict[str, list[int]], valid: dict[str, list[Order]], scores: dict[str, Row], rules: Rules) -> dict[str, Decimal]:
    by_segment: dict[str, list[int]] = defaultdict(list)
    for key, mine in gaps.items():
        by_segment[scores[key]["rfm_segment"]].extend(mine)
    everyone = sorted(gap for mine in gaps.values() for gap in mine)
    expected: dict[str, Decimal] = {}
    for key in valid:
        mine, segment = gaps[key], by_segment[scores[key]["rfm_segment"]]
        if len(mine) >= 2:
            expected[key] = _days(median(mine))
        elif segment:
            expected[key] = _days(median(segment))
        else:
            expected[key] = Decimal(everyone[-(-len(everyone) * 3 // 4) - 1] if everyone else rules.rfm_window_days)
    return expected


def _churn_risk(gone: int | None, expected: Decimal | None) -> str:
    if gone is None or expected is None:
        return "none"
    if gone < expected:
        return "low"
    return "medium" if gone <= 2 * expected else "high" if gone <= 3 * expected else "churned"


def _repeated(first: date | None, second: date | None, last_day: date) -> bool | None:
    if first is None or last_day <= first + timedelta(days=90):
        return None
    return second is not None and second <= first + timedelta(days=90)


def _categories(facts: Facts, orders: Iterable[Order]) -> Iterator[tuple[str, int]]:
    for order in orders:
        for line in order.goods:
            category = facts.products.at(line.sku, order.at).get("category")
            if category is not None:
                yield category, line.units


def _favourite(counted: Iterable[tuple[str, int]]) -> str | None:
    totals: Counter[str] = Counter()
    for name, count in counted:
        totals[name] += count
    return min(totals, key=lambda name: (-totals[name], name), default=None)


def _days(value: float) -> Decimal:
    return Decimal(str(value))


def _month_ends(first: date, last: date) -> Iterator[date]:
    return (end for end in map(end_of, months_between(first, last)) if end < last)
