"""How fresh each table is, how the last runs went, what lies in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.job.look import existing_lake
from fondaco.job.runs import RunLog, RunRecord

if TYPE_CHECKING:
    from fondaco.settings import Settings
    from fondaco.warehouse import MartStatus

_RUNS = 5


@dataclass(frozen=True)
class TableStatus:
    """One table of a source.

    Attributes:
        until: highest source timestamp in the lake, as the source writes it; None for a table without a cursor.
        landed_at: when its last batch was committed, UTC; None if none was.
        rows, quarantined: in total.
    """

    source: str
    table: str
    until: str | None
    landed_at: str | None
    rows: int
    quarantined: int


@dataclass(frozen=True)
class Status:
    """What `fondaco status` shows.

    Attributes:
        head: number of the lake's last commit.
        needs_build: why the warehouse is behind the lake; None if it is not.
        marts: what readers see of each mart; none before the first build.
        stale: sources that have brought no row for longer than `quality.stale_after`, with the reason.
    """

    head: int
    needs_build: str | None
    tables: tuple[TableStatus, ...]
    stale: tuple[tuple[str, str], ...]
    marts: tuple[MartStatus, ...]
    runs: tuple[RunRecord, ...]

    @property
    def exit_code(self) -> int:
        """1 if a source is stale, or readers see an earlier mart than was made last."""
        return 1 if self.stale or any(mart.state != "published" for mart in self.marts) else 0


def look(settings: Settings, now: datetime) -> Status:
    """Reads the lake's state, the run log and the warehouse's record of its last build. Raises LakeError."""
    from fondaco.contracts import load_system
    from fondaco.warehouse import mart_statuses, needs_build

    lake = existing_lake(settings)
    states = lake.state().tables if lake else {}
    tables, stale = [], []
    for name, source in settings.sources.items():
        landed = []
        for table in load_system(settings.house / "systems", source.system).tables:
            found = states.get((name, table))
            if found is None:
                tables.append(TableStatus(name, table, None, None, 0, 0))
            else:
                landed.append(found.committed_at)
                tables.append(TableStatus(name, table, found.last_ingested_at, found.committed_at, found.rows, found.rows_quarantined))
        if reason := _stale(max(landed, default=None), settings, now):
            stale.append((name, reason))
    reason = needs_build(settings, lake) if lake else "there is no complete build yet"
    marts = mart_statuses(settings) if Path(settings.warehouse.path).is_file() else ()
    return Status(lake.head() if lake else 0, reason, tuple(tables), tuple(stale), marts, tuple(RunLog(settings.state_dir).last(_RUNS)))


def _stale(landed_at: str | None, settings: Settings, now: datetime) -> str | None:
    if landed_at is None:
        return "nothing has landed yet"
    hours = (now - datetime.fromisoformat(landed_at.replace("Z", "+00:00"))).total_seconds() / 3600
    allowed = settings.quality.stale_after.total_seconds() / 3600
    return f"no new row for {hours:,.0f} h (quality.stale_after is {allowed:,.0f} h)" if hours > allowed else None
