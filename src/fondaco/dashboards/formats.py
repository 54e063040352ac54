"""How a figure is written: by its unit, in tabular form; what is missing is a dash and never 0."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MISSING = "–"
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
#: Units that stand on the right of a column.
NUMERIC = frozenset({"money", "count", "units", "share", "ratio", "days", "hours"})


def symbol(currency: str) -> str:
    """What stands before an amount."""
    return _SYMBOLS.get(currency, f"{currency}\u00a0")


def shown(value: Any, unit: str, currency: str) -> str:
    """``€1,234`` and ``€12.34``, ``1,234``, ``3.4%``, ``2.1 days``, ``Jun 2025``; texts as they are."""
    if value is None or value != value:
        return MISSING
    match unit:
        case "money":
            amount = abs(Decimal(str(value)))
            text = amount.quantize(Decimal(1 if amount >= 1000 else "0.01"), ROUND_HALF_UP)
            return f"{_sign(text if value > 0 else -text)}{symbol(currency)}{text:,}"
        case "count":
            return _negative(f"{value:,.0f}")
        case "units":
            number = Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
            return _negative(f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,}")
        case "share":
            return _negative(f"{_half_up(float(value) * 100, 1):,.1f}%")
        case "ratio":
            return _negative(f"{_half_up(float(value), 2):,.2f}")
        case "days" | "hours":
            return _negative(f"{_half_up(float(value), 1):,.1f} {unit}")
        case "month":
            return f"{value:%b %Y}"
        case "moment":
            return f"{value.day} {value:%b %Y %H:%M}" if isinstance(value, datetime) else str(value)
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def change(now: Any, before: Any, unit: str) -> tuple[str, float] | None:
    """``+3.4%`` of a figure, ``+0.4 pp`` of a share, and which way it went; None where one is missing or there is nothing to compare with."""
    if now is None or before is None:
        return None
    if unit == "share":
        points = float(now - before) * 100
        return _signed(points, 1, " pp"), _half_up(points, 1)
    if not before:
        return None
    moved = float((Decimal(str(now)) - Decimal(str(before))) / abs(Decimal(str(before)))) * 100
    return _signed(moved, 1, "%"), _half_up(moved, 1)


def _signed(value: float, places: int, unit: str) -> str:
    rounded = _half_up(value, places)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{abs(rounded):,.{places}f}{unit}"


def _half_up(value: float, places: int) -> float:
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _sign(value: Decimal) -> str:
    return "−" if value < 0 else ""


def _negative(text: str) -> str:
    """A minus is as wide as a digit; a hyphen is not."""
    return text.replace("-", "−")
