"""What dbt did, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodeResult:
    """One model, snapshot, seed or test of a build.

    Attributes:
        id: dbt's own name, unique over all kinds.
        kind: dbt's resource type: model, snapshot, seed, test or unit_test.
        status: success, pass, warn, fail, error or skipped.
        seconds: wall clock.
        rows: rows that a failing test found; None where the engine does not say.
    """

    id: str
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


@dataclass(frozen=True)
class Mart:
    """A mart of the project, as far as publishing it goes.

    Attributes:
        ancestors: ids of all that it is made of, its own among them.
        checks: ids of its own tests; those of what it is made of count, too, but are not its own.
        adds_up: the one of its tests that holds its money against the ledger; None where it carries none.
    """

    name: str
    id: str
    ancestors: frozenset[str]
    checks: frozenset[str]
    adds_up: str | None


@dataclass(frozen=True)
class Lineage:
    """The marts, and whom a test that fails speaks of.

    Attributes:
        blamed: by id of a test the ids of the models that it holds to account: the one whose file it stands in, else all that it asks.
    """

    marts: tuple[Mart, ...] = ()
    blamed: Mapping[str, frozenset[str]] = field(default_factory=dict)
