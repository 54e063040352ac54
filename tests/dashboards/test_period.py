"""Periods and what they are compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.dashboards.period import NAMED, Period, period_of, said

FIRST, LAST = date(2024, 1, 1), date(2025, 7, 2)
DAYS = st.dates(FIRST, LAST)


@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        ("7d", date(2025, 6, 26), LAST),
        ("28d", date(2025, 6, 5), LAST),
        ("12m", date(2024, 7, 1), date(2025, 6, 30)),
        ("month", date(2025, 6, 1), date(2025, 6, 30)),
        ("week", date(2025, 6, 23), date(2025, 6, 29)),
        ("2025-01-03..2025-01-04", date(2025, 1, 3), date(2025, 1, 4)),
    ],
)
def test_a_period_has_a_name_that_stands_in_an_address(name: str, since: date, until: date) -> None:
    assert period_of(name, LAST, FIRST) == Period(since, until)


@pytest.mark.parametrize(
    "text", ["", "28", "2025-02-30..2025-03-01", "2025-03-01..2025-02-01", "2030-01-01..2030-02-01", "a..b", "1..2..3"]
)
def test_what_is_no_period_of_the_shop_is_none(text: str) -> None:
    assert period_of(text, LAST, FIRST) is None


def test_a_week_begins_where_the_shop_says() -> None:
    assert period_of("week", date(2025, 7, 5), FIRST, week_start=6) == Period(date(2025, 6, 29), date(2025, 7, 5))


def test_a_shop_of_three_days_has_periods() -> None:
    for name in NAMED:
        found = period_of(name, date(2025, 3, 12), date(2025, 3, 10))
        assert found == Period(date(2025, 3, 10), date(2025, 3, 12))


@given(DAYS, st.integers(0, 400))
def test_the_period_before_is_as_long_and_ends_the_day_before(since: date, more: int) -> None:
    period = Period(since, since + timedelta(days=more))
    before = period.compared("before")
    assert before is not None
    assert before.until == since - timedelta(days=1)
    whole_months = since.day == 1 and (period.until + timedelta(days=1)).day == 1
    assert before.days == period.days or (whole_months and before.since.day == 1)


@given(DAYS, st.integers(0, 400))
def test_whole_months_are_whole_and_over(since: date, more: int) -> None:
    period = Period(since, since + timedelta(days=more))
    months = period.months()
    assert months.since.day == 1
    assert (months.until + timedelta(days=1)).day == 1
    assert months.until <= period.until
    assert months.since <= months.until


def test_the_same_days_last_year_do_without_the_29th_of_february() -> None:
    assert Period(date(2024, 2, 29), date(2024, 3, 1)).compared("year") == Period(date(2023, 2, 28), date(2023, 3, 1))
    assert Period(date(2024, 2, 29), date(2024, 3, 1)).compared("none") is None


def test_a_period_is_said_as_a_person_writes_it() -> None:
    assert said(Period(date(2025, 6, 1), date(2025, 6, 30))) == "June 2025"
    assert said(Period(date(2025, 6, 5), date(2025, 7, 2))) == "5 Jun – 2 Jul 2025"
    assert said(Period(date(2024, 12, 30), date(2025, 1, 2))) == "30 Dec 2024 – 2 Jan 2025"
    assert said(Period(date(2024, 7, 1), date(2025, 6, 30))) == "Jul 2024 – Jun 2025"
