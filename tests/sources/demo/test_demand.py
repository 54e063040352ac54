from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from fondaco.sources.demo import demand


def test_the_shares_of_a_year_and_a_half_sum_to_one() -> None:
    start = date(2025, 1, 1)
    shares = [demand.share(start, start + timedelta(days=number)) for number in range(demand.SPAN)]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0


def test_before_christmas_there_is_more_to_do_than_in_summer() -> None:
    assert demand.season(date(2025, 12, 8)) > 1.4 * demand.season(date(2025, 8, 11))  # both Mondays


def test_moments_lie_within_the_utc_day_and_mostly_in_the_daytime() -> None:
    random = Random(5)
    day = date(2024, 2, 29)
    hours = Counter(demand.moment(random, day).hour for _ in range(5000))
    assert set(hours) == set(range(24))
    assert all(demand.moment(random, day).date() == day for _ in range(100))
    assert sum(hours[hour] for hour in range(8, 22)) > 4000
