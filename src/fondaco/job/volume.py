"""Whether what a table brought within a day is what it brings in a day, by its own past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondaco.lake import Commit
    from fondaco.settings import Settings

#: Days that are looked back upon: four weeks hold every weekday four times.
_DAYS = 28
#: Fewer days than these say nothing yet: a shop's weekend is not its Tuesday.
_ENOUGH = 7
#: Of the median absolute deviation; with 1.4826 it is a normal distribution's sigma, and six of them come once in a lifetime.
_SIGMAS = 6 * 1.4826
#: Where days hardly differ, half of a day's rows and twenty at least are still no news.
_SHARE, _ROWS = 0.5, 20.0


@dataclass(frozen=True)
class Volume:
    """Rows that landed of a table within the last 24 hours, and within those before.

    Attributes:
        usual: median of the days before; None if there are too few.
        low, high: what is still usual.
    """

    source: str
    table: str
    rows: int
    usual: float | None
    low: float
    high: float

    @property
    def is_usual(self) -> bool:
        """Whether it is within what is usual, or nobody can tell."""
        return self.usual is None or self.low <= self.rows <= self.high

    @property
    def said(self) -> str:
        """One line for people."""
        if self.usual is None:
            return f"{self.rows:,} rows in 24 hours; fewer than {_ENOUGH} days to compare with"
        usual = f"usual are {self.usual:,.0f}, from {max(self.low, 0):,.0f} to {self.high:,.0f}"
        return f"{self.rows:,} rows in 24 hours; {usual} (the median of the days before, and six deviations around it)"


def volumes(settings: Settings, now: datetime) -> tuple[Volume, ...]:
    """Of every table that ever landed. Raises LakeError."""
    from fondaco.job.look import existing_lake

    lake = existing_lake(settings)
    by_table: dict[tuple[str, str], list[Commit]] = {}
    for commit in lake.commits() if lake else ():
        if commit.kind == "land":
            by_table.setdefault((commit.source, commit.table), []).append(commit)
    return tuple(_volume(source, table, commits, now) for (source, table), commits in sorted(by_table.items()))


def _volume(source: str, table: str, commits: Iterable[Commit], now: datetime) -> Volume:
    by_day: dict[int, int] = {}
    for commit in commits:
        ago = (now - datetime.fromisoformat(commit.committed_at.replace("Z", "+00:00"))) // timedelta(days=1)
        by_day[ago] = by_day.get(ago, 0) + commit.rows_landed
    # the first landing brought all that there was, and is no day's work
    before = [by_day.get(ago, 0) for ago in range(1, min(_DAYS + 1, max(by_day)))]
    if len(before) < _ENOUGH:
        return Volume(source, table, by_day.get(0, 0), None, 0, 0)
    usual = float(median(before))
    spread = max(_SIGMAS * median(abs(rows - usual) for rows in before), _SHARE * usual, _ROWS)
    return Volume(source, table, by_day.get(0, 0), usual, usual - spread, usual + spread)
