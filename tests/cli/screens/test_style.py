from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fondaco.cli.screens.style import ago, bar, money, percent, seconds, size, whole


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (money(Decimal("412345.2"), "EUR"), "€412,345"),
        (money(Decimal("12.345"), "GBP"), "£12.35"),
        (money(Decimal("-1234"), "CHF"), "−CHF 1,234"),
        (money(None, "EUR"), "–"),
        (whole(294875), "294,875"),
        (whole(None), "–"),
        (percent(Decimal("0.034")), "3.4%"),
        (seconds(0.44), "0.4 s"),
        (seconds(59.4), "59 s"),
        (seconds(185), "3 min 5 s"),
        (size(999), "999 B"),
        (size(12_345_678), "12.3 MB"),
        (bar(1, 4), "████"),
        (bar(0.001, 4), "▏"),
        (bar(0, 4), ""),
    ],
)
def test_numbers_read_as_people_write_them(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-07-01T11:59:30Z", "30 s ago"),
        ("2025-07-01T11:00:00", "60 min ago"),
        ("2025-06-29T12:00:00+00:00", "2 d ago"),
        (None, "never"),
    ],
)
def test_a_moment_is_told_by_its_distance(moment: str | None, expected: str) -> None:
    assert ago(moment, datetime(2025, 7, 1, 12, tzinfo=UTC)) == expected
