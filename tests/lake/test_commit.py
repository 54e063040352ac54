"""What a commit says of its rows."""

from __future__ import annotations

from datetime import datetime

import pytest

from fondaco.lake.commit import Commit

LOW = "2025-03-03 09:00:00.000000"


@pytest.mark.parametrize(
    ("least", "most", "nulls", "expected"),
    [
        ("2025-03-01 00:00:00.000000", "2025-03-02 00:00:00.000000", 0, False),
        ("2025-03-01 00:00:00.000000", "2025-03-03 09:00:00.000000", 0, True),
        # a time that is kept as text has no fraction
        ("2025-03-01 00:00:00", "2025-03-03 09:00:00", 0, True),
        ("2025-03-01 00:00:00.000000", "2025-03-02 00:00:00.000000", 1, True),
        # MySQL's zero date is no time either, and is read on every run
        ("0000-00-00 00:00:00", "2025-03-02 00:00:00", 0, True),
        (None, None, 0, False),
        (None, None, 2, True),
    ],
)
def test_a_commit_may_hold_what_a_window_reads_again(least: str | None, most: str | None, nulls: int, expected: bool) -> None:
    what = {"cursor_min": least, "cursor_max": most, "cursor_nulls": nulls}
    commit = Commit.operation("land", 1, "b1", datetime(2025, 3, 4), ("shop", "shop", "posts"), **what)
    assert commit.reaches(LOW) is expected
