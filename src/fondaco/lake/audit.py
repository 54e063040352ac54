"""Who did what to the lake, when, and what came of it: small objects beside the rows, created once and never changed.

An operation says that it begins before it changes anything, and how it ended; of one that was killed the beginning stays, alone.
No value of a row and no setting is written here, so no secret can be.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fondaco.errors import FondacoError
from fondaco.lake import layout
from fondaco.storage import Store

FORMAT = 1

Outcome = Literal["done", "failed", "refused", "interrupted", "unfinished", "noted"]


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done to the lake.

    Attributes:
        at: when it began, ISO 8601, UTC.
        who: ``user@host``.
        action: what, such as ``quarantine replay``.
        arguments: what it was called with.
        outcome: ``done``; ``failed`` with its error; ``unfinished`` if its end was never written: killed, or still at work;
            ``noted`` of what a run did by itself.
        counts: what came of it, in rows, files or commits.
        commits: numbers of the commits that it made.
    """

    id: str
    at: str
    who: str
    action: str
    arguments: Mapping[str, Any]
    outcome: Outcome
    counts: Mapping[str, Any] = field(default_factory=dict)
    commits: tuple[int, ...] = ()
    error: str | None = None
    ended_at: str | None = None


@dataclass
class Doing:
    """An operation under way, told what comes of it."""

    counts: dict[str, Any] = field(default_factory=dict)
    commits: list[int] = field(default_factory=list)


class Audit:
    """The audit log in one lake."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def record(self, action: str, arguments: Mapping[str, Any]) -> Iterator[Doing]:
        """Notes that an operation begins, and how it ends. Raises LakeError if that cannot be written: then it does not begin."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z-{secrets.token_hex(4)}"
        self._write(name, "began", {"action": action, "arguments": dict(arguments)})
        doing, outcome, error = Doing(), "interrupted", None
        try:
            yield doing
            outcome = "done"
        except FondacoError as fault:
            outcome, error = "failed", fault.message
            raise
        finally:
            self._write(name, "ended", {"outcome": outcome, "error": error, "counts": doing.counts, "commits": doing.commits})

    def note(self, action: str, counts: Mapping[str, Any], commits: tuple[int, ...] = (), **arguments: Any) -> None:
        """Notes what a run did by itself."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z-{secrets.token_hex(4)}"
        self._write(name, "noted", {"action": action, "arguments": arguments, "counts": dict(counts), "commits": commits})

    def entries(self, limit: int | None = None) -> list[AuditEntry]:
        """The last entries, the youngest first. One that cannot be read is left out: it holds nothing that the log does not."""
        names = sorted({item.path.rpartition("-")[0] for item in self._store.listing(layout.AUDIT)}, reverse=True)
        found = (self._entry(name.rpartition("/")[2]) for name in (names if limit is None else names[:limit]))
        return [entry for entry in found if entry is not None]

    def _entry(self, name: str) -> AuditEntry | None:
        noted, ended = self._read(name, "noted"), self._read(name, "ended")
        first = noted or self._read(name, "began")
        if first is None:
            return None
        end = noted or ended or {"outcome": "unfinished"}
        return AuditEntry(
            id=name,
            at=first["at"],
            who=first["who"],
            action=first["action"],
            arguments=first["arguments"],
            outcome="noted" if noted else end["outcome"],
            counts=end.get("counts", {}),
            commits=tuple(end.get("commits", ())),
            error=end.get("error"),
            ended_at=ended["at"] if ended else None,
        )

    def _write(self, name: str, part: str, what: Mapping[str, Any]) -> None:
        told = {"format": FORMAT, "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z", "who": _who(), **what}
        self._store.create(_path(name, part), json.dumps(told, ensure_ascii=False, default=str).encode() + b"\n")

    def _read(self, name: str, part: str) -> dict[str, Any] | None:
        data = self._store.read(_path(name, part))
        try:
            found = json.loads(data) if data is not None else None
        except ValueError:
            return None
        return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def _path(name: str, part: str) -> str:
    return f"{layout.AUDIT}/{name}-{part}.json"


def _who() -> str:
    """The process's own user, not what the environment says it is."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
