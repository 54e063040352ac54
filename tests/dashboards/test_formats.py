"""How figures are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from fondaco.dashboards.formats import change, shown
from fondaco.dashboards.looks import DARK, LIGHT, text_on


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("1234.5"), "money", "€1,235"),
        (Decimal("999.995"), "money", "€1,000.00"),
        (Decimal("-12.345"), "money", "−€12.35"),
        (Decimal("-0.001"), "money", "€0.00"),
        (0, "count", "0"),
        (None, "count", "–"),
        (None, "money", "–"),
        (float("nan"), "share", "–"),
        (0.0345, "share", "3.5%"),
        (Decimal("3.2500"), "units", "3.3"),
        (Decimal("7.0000"), "units", "7"),
        (2.345, "ratio", "2.35"),
        (1.25, "days", "1.3 days"),
        (date(2025, 6, 1), "month", "Jun 2025"),
        (date(2025, 6, 1), "date", "1 Jun 2025"),
        (True, "text", "yes"),
    ],
)
def test_a_figure_is_written_by_its_unit_and_what_is_missing_is_no_0(value: object, unit: str, text: str) -> None:
    assert shown(value, unit, "EUR") == text


def test_a_share_moves_in_points_and_everything_else_in_percent() -> None:
    assert change(0.051, 0.035, "share") == ("+1.6 pp", 1.6)
    assert change(Decimal(90), Decimal(100), "money") == ("−10.0%", -10.0)
    assert change(5, 5, "count") == ("±0.0%", 0.0)
    assert change(5, 0, "count") is None
    assert change(None, 3, "count") is None
    assert change(Decimal(5), Decimal(-10), "money") == ("+150.0%", 150.0)


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(look: object) -> None:
    assert isinstance(look, type(LIGHT))
    for ground in (look.ground, look.card):
        for text in (look.ink, look.muted, look.good, look.bad, look.data):
            assert _contrast(text, ground) >= 4.5, (text, ground)
    assert _contrast(look.on_deep, look.deep) >= 4.5
    assert _contrast(look.ink, look.pale) >= 4.5
    for colour in look.segments.values():
        assert _contrast(text_on(colour), colour) >= 4.5, colour
