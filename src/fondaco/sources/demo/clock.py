"""The shop's time: naive UTC, written as text with microseconds; a day is over for readers a few minutes after midnight."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

#: So that the lag that readers keep behind the shop's clock hides nothing of the day before.
_CLOSING = timedelta(minutes=5)


def stamp(moment: datetime) -> str:
    """A naive UTC time as the shop writes it."""
    return moment.isoformat(sep=" ", timespec="microseconds")


def parse(text: str) -> datetime:
    """The reverse of ``stamp``."""
    return datetime.fromisoformat(text)


def closing_time(day: date) -> datetime:
    """What the shop's clock shows once ``day`` is over."""
    return datetime.combine(day + timedelta(days=1), time()) + _CLOSING
