from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.settings.values import format_duration, parse_duration, parse_share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("120s", timedelta(minutes=2)),
        ("2m", timedelta(minutes=2)),
        ("36 h", timedelta(hours=36)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "2", "m", "-1m", "1.5h", "2 months", "1h30m"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@given(st.integers(0, 10**10) | st.integers(0, 10**7).map(lambda seconds: seconds * 1000))
def test_a_duration_written_down_is_read_back_the_same(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(("text", "expected"), [("1%", "0.01"), ("0.5 %", "0.005"), (0.02, "0.02"), ("0", "0"), (1, "1"), ("100%", "1")])
def test_a_share_is_exact(text: object, expected: str) -> None:
    assert parse_share(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "%", "many", "101%", -0.1, "NaN"])
def test_anything_else_is_no_share(text: object) -> None:
    with pytest.raises(ValueError, match="no share"):
        parse_share(text)
