from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.sources.demo.money import from_minor, half_up, price_in, reporting, spread


@pytest.mark.parametrize(
    ("amount", "currency", "expected"), [(1234, "EUR", "12.34"), (1234, "JPY", "1234"), (1234, "KWD", "1.234"), (5, "KWD", "0.005")]
)
def test_minor_units_follow_the_currency(amount: int, currency: str, expected: str) -> None:
    assert from_minor(amount, currency) == Decimal(expected)


def test_a_price_is_brought_to_whole_yen_and_to_thousandths_of_a_dinar() -> None:
    assert price_in(1999, Decimal("0.00613750"), "JPY") == 3257  # 19.99 / 0.0061375 = 3257.03…
    assert price_in(1999, Decimal("3.00520000"), "KWD") == 6652  # 19.99 / 3.0052 = 6.65180…
    assert price_in(1999, Decimal(1), "EUR") == 1999


@pytest.mark.parametrize(("amount", "expected"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999", 2), ("-0.5", -1)])
def test_halves_are_rounded_away_from_zero(amount: str, expected: int) -> None:
    assert half_up(Decimal(amount)) == expected


def test_reporting_amounts_have_four_places_rounded_half_up() -> None:
    assert reporting(1, "EUR", Decimal("0.12345")) == Decimal("0.0012")
    assert reporting(5, "EUR", Decimal("0.001")) == Decimal("0.0001")  # 0.00005
    assert reporting(1200, "JPY", Decimal("0.00613755")) == Decimal("7.3651")  # 7.36506
    assert reporting(1234, "KWD", Decimal("3.00520001")) == Decimal("3.7084")  # 3.70841681…


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (100, [2000, 500], [80, 20]),
        (100, [1, 1, 1], [34, 33, 33]),  # a tie: the earlier line
        (2, [1, 1, 1], [1, 1, 0]),
        (333, [3999, 1], [333, 0]),
        (10, [0, 3, 3, 4], [0, 3, 3, 4]),
        (7, [0, 5, 0], [0, 7, 0]),
        (0, [0, 0], [0, 0]),
        (5, [3, 3, 1], [2, 2, 1]),  # 2.14, 2.14, 0.71: the largest remainder
    ],
)
def test_an_amount_is_spread_by_largest_remainder(total: int, weights: list[int], expected: list[int]) -> None:
    assert spread(total, weights) == expected


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_the_parts_of_a_spread_sum_to_the_cent_and_each_is_within_one_of_its_due(total: int, weights: list[int]) -> None:
    parts = spread(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        due = Decimal(total) * weight / sum(weights)
        assert abs(part - due) < 1
        assert part == 0 or weight > 0


def test_nothing_to_spread_over_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(1, [0, 0])
