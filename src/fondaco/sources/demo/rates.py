"""Exchange rates: a random walk by the day, published the afternoon before they hold.

They come a day early because the shop's business day (Central Europe) begins one or two hours before the UTC day does.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.places import FIRST_RATES

_PLACES = Decimal("0.00000001")


def publish(day: Day) -> None:
    """Tomorrow's rates of every currency; on the first day also its own."""
    if day.number == 0:
        for currency, rate in FIRST_RATES.items():
            _publish(day, currency, day.date.isoformat(), rate, time(0, 0, 5))
    tomorrow = (day.date + timedelta(days=1)).isoformat()
    random = day.rng("rates")
    for currency in FIRST_RATES:
        today = day.shop.rates[currency, day.date.isoformat()]
        step = Decimal(random.randint(-60, 60)) / 10_000
        home = (FIRST_RATES[currency] / today - 1) / 50  # a weak pull back, or a year and a half would carry it away
        _publish(day, currency, tomorrow, (today * (1 + step + home)).quantize(_PLACES, ROUND_HALF_UP), time(15, 0))


def _publish(day: Day, currency: str, valid: str, rate: Decimal, at: time) -> None:
    # all rows of an afternoon carry the very same updated_at
    updated_at = stamp(datetime.combine(day.date, at))
    day.shop.rates[currency, valid] = rate
    day.put("exchange_rates", {"currency": currency, "day": valid, "rate": str(rate), "updated_at": updated_at})
    day.tell("rate.published", currency=currency, day=valid, rate=str(rate))
