"""When people come: growth, season, weekday and hour of the day. Nothing random is decided here but the hour."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random

#: The span that the size of the shop (its number of sign-ups) refers to, in days.
SPAN = 548

#: Share of the customers who were there on the first day, taken over from an older system.
TAKEN_OVER = 0.15

_WEEKDAY = (1.12, 1.0, 0.96, 0.98, 0.93, 0.88, 1.13)
_SEASON_PEAK = {11: 1.45, 12: 1.35, 1: 0.85, 7: 0.88, 8: 0.85}

#: Orders by hour of the UTC day: few at night, most from late morning to evening in Central Europe, some from other continents.
_HOURS = (3, 2, 2, 2, 3, 6, 12, 22, 34, 42, 46, 48, 46, 42, 40, 40, 44, 52, 60, 62, 50, 30, 14, 7)


def season(day: date) -> float:
    """How busy a day is against an average one: weekday and month."""
    return _WEEKDAY[day.weekday()] * _SEASON_PEAK.get(day.month, 1.0)


def _sign_up_weight(start: date, day: date) -> float:
    grown = 1.0 + 1.2 * math.tanh((day - start).days / SPAN)
    return grown * season(day)


@lru_cache(maxsize=4)
def _whole(start: date) -> float:
    return sum(_sign_up_weight(start, start + timedelta(days=number)) for number in range(SPAN))


def share(start: date, day: date) -> float:
    """The day's share of everything that happens in ``SPAN`` days; the shares of these days sum to 1."""
    return _sign_up_weight(start, day) / _whole(start)


def moment(random: Random, day: date) -> datetime:
    """A time within the UTC day, concentrated in the shop's daytime."""
    (hour,) = random.choices(range(24), weights=_HOURS)
    return datetime.combine(day, time(hour)) + timedelta(microseconds=random.randrange(3_600_000_000))
