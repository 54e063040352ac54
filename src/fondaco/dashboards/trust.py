"""What stands on each page so that a reader knows how far to trust it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from fondaco.dashboards.viewer import Viewer
from fondaco.errors import Refused
from fondaco.job.runs import RunLog, RunRecord
from fondaco.settings import Settings


@dataclass(frozen=True)
class Trust:
    """How far the data goes.

    Attributes:
        until: the last moment of the shop that was read; None where it is not known.
        landed_at: when something was last read, UTC.
        run: the last run that ended.
        running: whether one is going on.
        checks_failed: of the last builds, by the warehouse's own record.
        stale: for how long nothing came, in words, where that is too long.
        sees: what of the shop the viewer sees, in words.
    """

    until: datetime | None
    landed_at: datetime | None
    run: RunRecord | None
    running: bool
    checks_failed: int
    stale: str | None
    role: str
    sees: str
    currency: str

    @property
    def failing(self) -> str | None:
        """What failed, in words."""
        if self.run is not None and self.run.outcome in ("failed", "killed"):
            return f"The last run did not end well: {self.run.error or self.run.outcome}."
        return f"{self.checks_failed} checks of the data failed." if self.checks_failed else None

    def strip(self) -> list[tuple[str, str]]:
        """Labels and what they say, for a line below a page's title."""
        told = [("Data until", f"{self.until.day} {self.until:%b %Y %H:%M}" if self.until else "not known")]
        if self.run is not None and self.run.ended is not None:
            ended = datetime.fromisoformat(self.run.ended)
            told.append(("Last run", f"{ended.day} {ended:%b %Y %H:%M} UTC, {self.run.outcome}"))
        told.append(("Checks", "all passed" if not self.checks_failed else f"{self.checks_failed} failed"))
        return [*told, ("Role", self.role), ("You see", self.sees), ("Amounts", f"{self.currency}, without test orders and gift cards")]


def trust_of(settings: Settings, viewer: Viewer, now: datetime) -> Trust:
    """How far the data goes that a viewer sees."""
    until = landed_at = None
    failed = 0
    # a role may not read it, or it is not built: the strip says what it can
    with suppress(Refused):
        ((until, landed_at, failed),) = viewer.ask(
            "select max(data_until), max(landed_at), sum(coalesce(checks_failed, 0)) from gold.data_health"
            " where run_date = (select max(run_date) from gold.data_health)"
        ).rows
    records = RunLog(settings.state_dir).last(10)
    ended = next((record for record in records if record.outcome != "killed" or not _alive(record.pid)), None)
    countries = viewer.plan.countries(viewer.user)
    sees = "all countries" if viewer.plan.all_rows(viewer.role) else ", ".join(sorted(countries)) or "no country"
    return Trust(
        until=until,
        landed_at=landed_at,
        run=ended,
        running=any(record.ended is None and _alive(record.pid) for record in records),
        checks_failed=int(failed or 0),
        stale=_stale(landed_at, settings, now),
        role=viewer.role,
        sees=sees,
        currency=settings.business.currency,
    )


def _stale(landed_at: datetime | None, settings: Settings, now: datetime) -> str | None:
    if landed_at is None:
        return None
    then = landed_at if landed_at.tzinfo else landed_at.replace(tzinfo=UTC)
    hours = (now - then).total_seconds() / 3600
    if hours <= settings.quality.stale_after.total_seconds() / 3600:
        return None
    return f"{hours / 24:,.0f} days" if hours >= 48 else f"{hours:,.0f} hours"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
