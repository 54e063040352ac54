"""What a table usually brings in a day is told by its own past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from fondaco.job.volume import Volume, _volume

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Landed:
    """As much of a commit as counts here."""

    def __init__(self, days_ago: float, rows: int) -> None:
        self.committed_at = f"{(NOW - timedelta(days=days_ago)).isoformat().removesuffix('+00:00')}Z"
        self.rows_landed = rows


def volume(*landed: tuple[float, int]) -> Volume:
    return _volume("shop", "orders", cast(Any, [Landed(ago, rows) for ago, rows in landed]), NOW)


def past(days: int, rows: int = 1000) -> list[tuple[float, int]]:
    """So many days, each with about so many rows, after a first landing of everything."""
    return [(days + 1.5, 500_000), *((ago + 0.5, rows + 10 * (ago % 5)) for ago in range(1, days + 1))]


def test_a_day_like_the_others_is_usual() -> None:
    found = volume(*past(14), (0.2, 600), (0.1, 450))
    assert (found.rows, found.usual, found.is_usual) == (1050, 1020.0, True)


@pytest.mark.parametrize("rows", [0, 200, 9000])
def test_a_day_far_from_the_others_is_not(rows: int) -> None:
    found = volume(*past(14), (0.2, rows))
    assert not found.is_usual
    assert f"{rows:,} rows in 24 hours; usual are 1,020" in found.said


def test_the_first_landing_is_no_day_and_few_days_say_nothing() -> None:
    found = volume(*past(6), (0.2, 0))
    assert (found.usual, found.is_usual) == (None, True)
    assert volume((0.5, 1_000_000)).is_usual


def test_a_table_that_seldom_changes_may_bring_nothing() -> None:
    assert volume(*past(20, rows=0), (0.5, 12)).is_usual
