"""The truth about the figures of the last screen, of four whole weeks and of the four before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from fondaco.sources.demo.marts.facts import ZERO, Facts
from fondaco.sources.demo.marts.sales import Row

LABELS = ("Net revenue", "Orders", "Average order value", "Active customers", "New customers", "Refund rate")
_PERIOD = timedelta(days=28)


def kpis(facts: Facts, running_days: int = 1) -> Iterator[Row]:
    """By label: of the last whole days, and of as many before.

    Args:
        running_days: days at the end that are not over yet.
    """
    last = facts.last_day - timedelta(days=running_days)
    now, before = (_figures(facts, day - _PERIOD, day) for day in (last, last - _PERIOD))
    for label, value in now.items():
        yield {"kpi": label, "now": value, "before": before[label]}


def _figures(facts: Facts, after: date, last: date) -> dict[str, float | None]:
    entries = [entry for order in facts.booked for entry in order.entries if after < entry.date <= last]
    orders = [order for order in facts.valid if after < order.date <= last]
    net = sum((entry.net_revenue for entry in entries), ZERO)
    sold = sum((entry.gross_sales - entry.discounts for entry in entries), ZERO)
    returned = sum((entry.returns for entry in entries), ZERO)
    ordered = sum((order.gross - order.discount for order in orders), ZERO)
    if all(order.date > last for order in facts.booked):
        # before there was any trade nothing is nought: there is nothing to say
        return dict.fromkeys(LABELS) | {"Active customers": 0.0}
    return {
        "Net revenue": float(net),
        "Orders": float(len(orders)),
        "Average order value": float(ordered / len(orders)) if orders else None,
        "Active customers": float(len({order.customer for order in orders} - {None})),
        "New customers": float(sum(order.place == 1 for order in orders)),
        "Refund rate": float(returned / sold) if sold else None,
    }
