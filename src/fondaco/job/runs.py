"""The run log: .fondaco/runs.jsonl, two lines a run, so that a run which never ended is seen too."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

RUN_LOG = "runs.jsonl"


@dataclass(frozen=True)
class RunRecord:
    """One run as the log knows it.

    Attributes:
        outcome: ``ok``, ``failed`` or ``interrupted``; ``killed`` if its end was never written (or it still runs).
        started, ended: ISO 8601, UTC; ended is None for a killed run.
        commits: how many commits it made.
        seconds: how long each step took.
        rows: rows read, landed, quarantined, known.
        error: what failed, if something did.
        by: who called, where it was not a person, such as ``dagster`` and the id of its run.
    """

    run_id: str
    command: str
    outcome: str
    started: str
    ended: str | None
    commits: int
    seconds: Mapping[str, float]
    rows: Mapping[str, int]
    error: str | None
    pid: int
    by: str | None = None


class RunLog:
    """Appends to and reads the log. A line that a kill tore is skipped."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / RUN_LOG

    def start(self, run_id: str, command: str, now: datetime, by: str | None = None) -> None:
        """Says that a run begins. Raises OSError if the log cannot be written."""
        told = {"run": run_id, "event": "started", "at": now.isoformat(), "command": command, "pid": os.getpid()}
        self._append(told if by is None else {**told, "by": by})

    def end(self, run_id: str, now: datetime, outcome: str, **what: Any) -> None:
        """Says how a run ended. Raises OSError if the log cannot be written."""
        self._append({"run": run_id, "event": "ended", "at": now.isoformat(), "outcome": outcome, **what})

    def last(self, count: int | None) -> list[RunRecord]:
        """The last runs, the youngest first; None gives all of them."""
        return self._records()[::-1][:count]

    def first(self, command: str) -> RunRecord | None:
        """The first run of a command that came to a good end."""
        return next((record for record in self._records() if record.command == command and record.outcome == "ok"), None)

    def last_good(self, command: str) -> RunRecord | None:
        """The last run of a command that came to a good end."""
        return next((record for record in self.last(None) if record.command == command and record.outcome == "ok"), None)

    def began(self) -> str | None:
        """When the first run here began, ISO 8601, UTC."""
        return next((record.started for record in self._records()), None)

    def _records(self) -> list[RunRecord]:
        started: dict[str, dict[str, Any]] = {}
        ended: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            (started if line["event"] == "started" else ended)[line["run"]] = line
        return [_record(start, ended.get(run, {})) for run, start in started.items()]

    def _append(self, line: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # one write of one line: a kill leaves it out or leaves a torn last line, which the next writer closes
        with self.path.open("ab+") as log:
            log.seek(0, os.SEEK_END)
            size = log.tell()
            torn = size > 0 and (log.seek(size - 1), log.read(1))[1] != b"\n"
            log.write(b"\n" * torn + json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.is_file():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue
            if isinstance(line, dict) and {"run", "event", "at"} <= line.keys():
                lines.append(line)
        return lines


def _record(start: Mapping[str, Any], end: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        run_id=start["run"],
        command=start.get("command", "run"),
        outcome=end.get("outcome", "killed"),
        started=start["at"],
        ended=end.get("at"),
        commits=end.get("commits", 0),
        seconds=end.get("seconds", {}),
        rows=end.get("rows", {}),
        error=end.get("error"),
        pid=start.get("pid", 0),
        by=start.get("by"),
    )
