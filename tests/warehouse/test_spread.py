"""Laws of money: a total spread over lines adds up to the last minor unit, as warehouse/macros/spread.sql computes it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

Macro = Callable[..., str]

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}


def spread(macro: Macro, total: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    sql = macro("spread", "lines", "total", "weight", "currency", "order_key", "line_number", "share")
    rows = ", ".join(
        f"('o', {number}, cast({weight} as decimal(18, 4)), cast({total} as decimal(18, 4)), '{currency}')"
        for number, weight in enumerate(weights, start=1)
    )
    with duckdb.connect() as connection:
        connection.execute(f"create table lines as select * from (values {rows}) as t(order_key, line_number, weight, total, currency)")
        return [share for (share,) in connection.execute(f"select share from {sql} order by line_number").fetchall()]


def amounts(currency: str) -> st.SearchStrategy[Decimal]:
    digits = DIGITS[currency]
    return st.integers(0, 10**9).map(lambda units: Decimal(units).scaleb(-digits))


@given(data=st.data(), currency=st.sampled_from(sorted(DIGITS)))
def test_shares_add_up_to_the_total(macro: Macro, data: st.DataObject, currency: str) -> None:
    weights = data.draw(st.lists(amounts(currency), min_size=1, max_size=12))
    total = data.draw(amounts(currency))
    assert sum(spread(macro, total, weights, currency)) == total


@given(data=st.data(), currency=st.sampled_from(sorted(DIGITS)))
def test_a_share_is_its_exact_part_rounded_up_or_down_to_a_minor_unit(macro: Macro, data: st.DataObject, currency: str) -> None:
    weights = data.draw(st.lists(amounts(currency), min_size=1, max_size=12).filter(any))
    total = data.draw(amounts(currency))
    unit = Decimal(1).scaleb(-DIGITS[currency])
    for share, weight in zip(spread(macro, total, weights, currency), weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < unit
        assert share % unit == 0


def test_the_largest_remainder_gets_the_cent_and_a_tie_goes_to_the_first_line(macro: Macro) -> None:
    assert spread(macro, Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)], "EUR") == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]
    assert spread(macro, Decimal("0.05"), [Decimal("19.99"), Decimal("30.01")], "EUR") == [Decimal("0.02"), Decimal("0.03")]


def test_lines_without_a_price_share_evenly(macro: Macro) -> None:
    assert spread(macro, Decimal("1.00"), [Decimal(0), Decimal(0)], "EUR") == [Decimal("0.50"), Decimal("0.50")]


def test_a_total_finer_than_the_currency_is_spread_finer_and_still_adds_up(macro: Macro) -> None:
    assert sum(spread(macro, Decimal("0.0125"), [Decimal(1), Decimal(2)], "EUR")) == Decimal("0.0125")


@pytest.mark.parametrize(("currency", "shares"), [("JPY", ["51", "50"]), ("KWD", ["50.500", "50.500"])])
def test_a_share_has_the_digits_of_its_currency(macro: Macro, currency: str, shares: list[str]) -> None:
    assert spread(macro, Decimal(101), [Decimal(1), Decimal(1)], currency) == [Decimal(share) for share in shares]
