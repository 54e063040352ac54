"""The run log in the warehouse, for those who ask it: every build takes along what happened since the last one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fondaco.errors import LockedError
from fondaco.job.runs import RunLog, RunRecord

if TYPE_CHECKING:
    from fondaco.settings import Settings


def remember(settings: Settings, log: RunLog) -> None:
    """Notes in `ops.runs` what the log has more. While somebody has the warehouse open, that waits for the next build."""
    from fondaco.warehouse import note_runs

    with suppress(LockedError):
        note_runs(settings.warehouse, {record.run_id: _row(record) for record in log.last(None)})


def _row(record: RunRecord) -> tuple[object, ...]:
    rows = (record.rows.get(name, 0) for name in ("read", "landed", "known", "quarantined"))
    ended = _moment(record.ended) if record.ended else None
    seconds = sum(record.seconds.values())
    return (
        record.run_id, record.command, record.by, _moment(record.started), ended, record.outcome, record.commits, *rows, seconds, record.error
    )  # fmt: skip


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
