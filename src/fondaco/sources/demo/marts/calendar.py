"""Months of the shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from fondaco.sources.demo.ledger import BUSINESS_ZONE


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def end_of(month: date) -> date:
    """Last day of a month."""
    return next_month(month) - timedelta(days=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """First days of the months from that of one day to that of another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def last_moment(month: date) -> str:
    """The last microsecond of a month of the shop, as UTC text."""
    midnight = datetime.combine(next_month(month), datetime.min.time(), BUSINESS_ZONE).astimezone(UTC).replace(tzinfo=None)
    return (midnight - timedelta(microseconds=1)).isoformat(sep=" ", timespec="microseconds")
