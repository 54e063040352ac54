"""What dbt did, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeResult:
    """One model, snapshot, seed or test of a build.

    Attributes:
        kind: dbt's resource type: model, snapshot, seed, test or unit_test.
        status: success, pass, warn, fail, error or skipped.
        seconds: wall clock.
        rows: rows that a failing test found; None where the engine does not say.
    """

    name: str
    kind: str
    status: str
    seconds: float
    rows: int | None


@dataclass(frozen=True)
class Failure:
    """A node that failed: its message, and the file that defines it."""

    node: str
    message: str
    path: str
