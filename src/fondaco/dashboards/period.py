"""Spans of whole days, and the span that each is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

#: Periods by the name that stands in an address, and how a person says them.
NAMED = {
    "7d": "Last 7 days", "28d": "Last 28 days", "90d": "Last 90 days", "week": "Last whole week", "month": "Last whole month",
    "12m": "Last 12 whole months",
}  # fmt: skip
DEFAULT = "28d"
COMPARISONS = {"before": "the period before", "year": "the same days last year", "none": "nothing"}


@dataclass(frozen=True)
class Period:
    """Days, the first and the last included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def grain(self) -> str:
        """The span of time that a line of this period is drawn by."""
        return "day" if self.days <= 100 else "week" if self.days <= 200 else "month"

    def months(self) -> Period:
        """The whole months that lie in it; the last one that ended by its end where none does."""
        first = self.since if self.since.day == 1 else _next_month(self.since)
        after = self.until + timedelta(days=1)
        over = _month_of(after)
        if first < over:
            return Period(first, over - timedelta(days=1))
        return Period(_month_of(over - timedelta(days=1)), over - timedelta(days=1))

    def compared(self, comparison: str) -> Period | None:
        """What it is compared with: the days before, the same days last year, or nothing; whole months with whole months."""
        if comparison == "none":
            return None
        if comparison == "year":
            return Period(_year_before(self.since), _year_before(self.until))
        if self.since.day == 1 and (self.until + timedelta(days=1)).day == 1:
            count = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
            return Period(_months_before(self.since, count), self.since - timedelta(days=1))
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.since}..{self.until}"


def period_of(text: str, last_day: date, first_day: date, week_start: int = 0) -> Period | None:
    """The period of a name, or of ``2025-01-01..2025-01-31``, up to the last day; None if it is none, or holds no day of the shop.

    Args:
        week_start: the weekday on which a reporting week begins, 0 for Monday.
    """
    if text in NAMED:
        after = last_day + timedelta(days=1)
        match text:
            case "12m" | "month":
                until = _month_of(after) - timedelta(days=1)
                since = _months_before(_month_of(until), 11 if text == "12m" else 0)
            case "week":
                until = last_day - timedelta(days=(after.weekday() - week_start) % 7)
                since = until - timedelta(days=6)
            case _:
                since, until = last_day - timedelta(days=int(text[:-1]) - 1), last_day
        # a shop in its first week has no whole one yet
        return Period(max(since, first_day), until) if until >= first_day else Period(first_day, last_day)
    try:
        since, until = (date.fromisoformat(part) for part in text.split(".."))
    except ValueError:
        return None
    since, until = max(since, first_day), min(until, last_day)
    return Period(since, until) if since <= until else None


def said(period: Period) -> str:
    """``4 Jun – 1 Jul 2025``, as a person writes it; a whole month by its name."""
    since, until = period.since, period.until
    if since.day == 1 and (until + timedelta(days=1)).day == 1:
        if (since.year, since.month) == (until.year, until.month):
            return f"{since:%B %Y}"
        return f"{since:%b %Y} – {until:%b %Y}" if since.year != until.year else f"{since:%b} – {until:%b %Y}"
    first = f"{since.day} {since:%b}" if since.year == until.year else f"{since.day} {since:%b %Y}"
    return f"{first} – {until.day} {until:%b %Y}" if since != until else f"{until.day} {until:%b %Y}"


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _months_before(first: date, count: int) -> date:
    month = first.year * 12 + first.month - 1 - count
    return date(month // 12, month % 12 + 1, 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)
