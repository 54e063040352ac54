"""The simulated shops: they live their first days before a first run, and more when asked to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.errors import SourceError, UsageError, did_you_mean
from fondaco.job.lock import only_run

if TYPE_CHECKING:
    from fondaco.settings import DemoSource, Settings
    from fondaco.sources.demo import LiveReport


@dataclass(frozen=True)
class Lived:
    """What `fondaco demo` did.

    Attributes:
        days: days lived now.
        until: the first day not lived yet.
    """

    source: str
    days: int
    until: date
    seconds: float


@dataclass(frozen=True)
class Told:
    """The answer key of a simulated shop, as `fondaco demo --truth` wrote it.

    Attributes:
        folder: where the files are.
        files: their names, one a subject.
    """

    source: str
    folder: Path
    files: tuple[str, ...]


def begin(settings: Settings, on_day: Callable[[str], None]) -> dict[str, int]:
    """Lets each simulated shop live its first days, those that it has not lived yet. Returns the days lived now, by source.

    Raises:
        ConfigError: the shop's file was begun with other settings.
        SourceError: it cannot be read or written.
    """
    shops = simulated(settings)
    return {name: _live(shops[name], shops[name].start + timedelta(days=shops[name].days), on_day).days for name in unlived(settings)}


def unlived(settings: Settings) -> dict[str, int]:
    """Days that each simulated shop must still live before its first run, by source; none for those that have."""
    missing = {name: (shop.start + timedelta(days=shop.days) - _clock(shop).date()).days for name, shop in simulated(settings).items()}
    return {name: days for name, days in missing.items() if days > 0}


def live_on(settings: Settings, source: str | None, days: int | None, until: date | None, on_day: Callable[[str], None]) -> Lived:
    """Lets one shop live some days more, or to the end of a day; one that has not begun lives its first days before them.

    Raises:
        UsageError: no source is a simulated shop, or there are several and none is named.
        ConfigError, SourceError: as `begin`.
        LockedError: a run is at work here.
    """
    source, shop = _shop(settings, source)
    first_end = shop.start + timedelta(days=shop.days)
    begun = time.perf_counter()
    before = max(_clock(shop).date(), first_end)
    target = before + timedelta(days=days) if days is not None else (until or before) + timedelta(days=1)
    with only_run(settings.state_dir):
        report = _live(shop, target, on_day)
    return Lived(source, report.days, report.until, time.perf_counter() - begun)


def tell_truth(settings: Settings, source: str | None, folder: Path) -> Told:
    """Writes what a warehouse of the shop must come to, computed from the shop's diary and never from its tables.

    Raises:
        UsageError: no source is a simulated shop, or there are several and none is named.
        SourceError: the shop has not begun to live, or cannot be read.
    """
    from fondaco.sources.demo import shop_clock, write_truth

    source, shop = _shop(settings, source)
    with only_run(settings.state_dir):
        shop_clock(shop.path)  # says so if there is no shop
        write_truth(shop.path, folder)
    return Told(source, folder, tuple(sorted(path.name for path in folder.glob("*.jsonl"))))


def _shop(settings: Settings, source: str | None) -> tuple[str, DemoSource]:
    shops = simulated(settings)
    if source is None and len(shops) == 1:
        source = next(iter(shops))
    if source is None or source not in shops:
        near = did_you_mean(source, shops) if source else ""
        known = f"simulated shops: {', '.join(shops)}" if shops else "only a source of type demo is a simulated shop"
        raise UsageError(
            f"there is no simulated shop {source!r}{near}" if source else "say which simulated shop, with --source", hint=known
        )
    return source, shops[source]


def simulated(settings: Settings) -> dict[str, DemoSource]:
    """The sources that are simulated shops, by name."""
    return {name: source for name, source in settings.sources.items() if source.type == "demo"}


def _clock(shop: DemoSource) -> datetime:
    from fondaco.sources.demo import shop_clock

    try:
        return shop_clock(shop.path)
    except SourceError:
        # no shop yet, or one that was interrupted before its first day; `live` says so if it is neither
        return datetime.combine(shop.start, clock())


def _live(shop: DemoSource, until: date, on_day: Callable[[str], None]) -> LiveReport:
    from fondaco.sources.demo import live

    return live(
        shop.path,
        seed=shop.seed,
        customers=shop.customers,
        start=shop.start,
        until=until,
        each_day=lambda day: on_day(f"{day} lived"),
    )
