"""Money in minor units: exponents, rounding half up, and spreading an amount so that the parts add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

#: Decimal places of a currency (ISO 4217).
EXPONENTS: dict[str, int] = {"EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "PLN": 2, "JPY": 0, "KWD": 3}

_REPORTING = Decimal("0.0001")
_WHOLE = Decimal(1)


def half_up(amount: Decimal) -> int:
    """The nearest whole number; halves go away from zero."""
    return int(amount.quantize(_WHOLE, ROUND_HALF_UP))


def from_minor(amount: int, currency: str) -> Decimal:
    """Units of ``currency``: 1234 is 12.34 EUR, 1234 JPY, 1.234 KWD. Raises KeyError for a currency that the shop does not know."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


def price_in(cents: int, rate: Decimal, currency: str) -> int:
    """EUR cents in minor units of ``currency``, at ``rate`` EUR for one unit; never less than one minor unit for a price above zero."""
    return max(half_up((Decimal(cents) / 100 / rate).scaleb(EXPONENTS[currency])), 1 if cents > 0 else 0)


def reporting(amount: int, currency: str, rate: Decimal) -> Decimal:
    """Minor units of ``currency`` in EUR at ``rate`` EUR for one unit, to 4 places, half up."""
    return four_places(from_minor(amount, currency) * rate)


def four_places(amount: Decimal) -> Decimal:
    """An amount as it is calculated with: 4 places, half up."""
    return amount.quantize(_REPORTING, ROUND_HALF_UP)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Spreads ``total`` over ``weights`` by largest remainder, ties to the earlier place; the parts sum to ``total`` exactly.

    Args:
        total: minor units, not negative.
        weights: not negative; a weight of 0 gets nothing.

    Raises:
        ValueError: there is something to spread and nothing to spread it over.
    """
    whole = sum(weights)
    if total == 0:
        return [0] * len(weights)
    if whole == 0:
        raise ValueError(f"{total} cannot be spread over weights that are all 0")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
