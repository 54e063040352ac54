"""What was known on a day: the warehouse that a build of the lake as it was then makes, kept for the next question.

Any table is a function of the lake, so a report as known on a day is today's report over the lake of that day; no model keeps a second
axis of time for it. The first question about a day costs a build, from the nearest earlier day that is kept or from the start.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fondaco.errors import BuildError, UsageError
from fondaco.lake import EarlierLake, Lake
from fondaco.settings import Settings
from fondaco.warehouse.build import build, needs_build

#: Warehouses of earlier days that are kept; the one that was not asked for longest goes first.
KEPT = 3


def as_known_at(settings: Settings, lake: Lake, day: date, *, on_step: Callable[[str], None] = lambda _: None) -> Settings:
    """The settings of a warehouse that holds what was known when the shop's day ended, by today's rules; it is made if there is none.

    Raises:
        UsageError: nothing had landed by then.
        BuildError: what was known then does not pass its tests.
        LockedError: somebody else is making one.
    """
    zone = ZoneInfo(settings.business.timezone)
    earlier = EarlierLake.before(lake, datetime.combine(day + timedelta(days=1), time(), zone))
    if earlier.number == 0:
        raise UsageError(f"nothing had landed by the end of {day}", hint="`fondaco status` says when each table first landed")
    if earlier.number == lake.head() and needs_build(settings, lake) is None:
        return settings
    folder = settings.state_dir / "known"
    kept, begun = folder / f"{earlier.number:012d}.duckdb", folder / "begun.duckdb"
    found = _with_warehouse(settings, kept)
    if needs_build(found, earlier) is not None:
        folder.mkdir(parents=True, exist_ok=True)
        _begin(folder, earlier.number, begun)
        # under a name that stays, so that dbt need not read the project anew for each day
        report = build(_with_warehouse(settings, begun), earlier, dbt=folder / "dbt", on_step=on_step)
        if report.failures:
            raise BuildError(
                f"what was known on {day} cannot be shown: {report.failures[0].node}: {report.failures[0].message}",
                where=report.failures[0].path,
                hint="a build of that day would have failed too; ask for a day on which it was mended",
            )
        begun.replace(kept)
    kept.touch()
    for old in _kept(folder)[:-KEPT]:
        old.unlink()
    return found


def _with_warehouse(settings: Settings, path: Path) -> Settings:
    return settings.model_copy(update={"warehouse": settings.warehouse.model_copy(update={"path": path})})


def _begin(folder: Path, number: int, begun: Path) -> None:
    """Starts from the nearest earlier day, whose build only lacks what came since."""
    for left in folder.glob("begun.duckdb*"):
        left.unlink()
    nearest = max((path for path in _kept(folder) if int(path.stem) <= number), default=None, key=lambda path: path.stem)
    if nearest is not None:
        shutil.copy2(nearest, begun)


def _kept(folder: Path) -> list[Path]:
    """The warehouses of earlier days, the one that was not asked for longest first."""
    return sorted((path for path in folder.glob("*.duckdb") if path.stem.isdigit()), key=lambda path: path.stat().st_mtime_ns)
