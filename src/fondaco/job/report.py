"""What a run did, as values: the last screen and ``--json`` show nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.errors import FondacoError

if TYPE_CHECKING:
    from fondaco.lake import Commit
    from fondaco.warehouse import BuildReport, Summary


@dataclass(frozen=True)
class TableLanding:
    """What one run did with one table of a source; counts are rows.

    Attributes:
        read: rows read; always landed + quarantined + known.
        known: rows left out because they had landed before.
        reasons: why rows were put aside.
        notes: what a person should know: a new column, a re-sent file.
        error: why the table could not be read to its end; what was committed before that counts.
    """

    source: str
    table: str
    commits: int
    read: int
    landed: int
    quarantined: int
    known: int
    reasons: Mapping[str, int]
    notes: tuple[str, ...]
    error: FondacoError | None = None


@dataclass(frozen=True)
class Took:
    """How long a step took, in seconds."""

    step: str
    seconds: float


@dataclass(frozen=True)
class Places:
    """Where things are."""

    lake: str
    warehouse: str
    quarantine: str


@dataclass(frozen=True)
class RunReport:
    """One run.

    Attributes:
        lived: days that a simulated shop lived first, by source.
        head: number of the lake's last commit.
        build_reason: why models were built; None if nothing had changed.
        build: None if nothing was built.
        summary: None if the command does not show it, or there is no warehouse yet.
    """

    run_id: str
    command: str
    started: str
    steps: tuple[Took, ...]
    lived: Mapping[str, int]
    tables: tuple[TableLanding, ...]
    head: int
    build_reason: str | None
    build: BuildReport | None
    summary: Summary | None
    places: Places

    @property
    def faults(self) -> tuple[FondacoError, ...]:
        """What kept tables from being read to their end."""
        return tuple(table.error for table in self.tables if table.error is not None)

    @property
    def exit_code(self) -> int:
        """0 if everything was done; 1 if a table could not be read, or a model or a test failed."""
        return 1 if self.faults or (self.build is not None and self.build.failures) else 0

    @property
    def seconds(self) -> float:
        return sum(took.seconds for took in self.steps)


def table_landing(source: str, table: str, commits: Iterable[Commit], error: FondacoError | None) -> TableLanding:
    """Adds up a table's commits of one run."""
    commits = list(commits)
    reasons: Counter[str] = Counter()
    for commit in commits:
        reasons.update(commit.bad)
    return TableLanding(
        source=source,
        table=table,
        commits=len(commits),
        read=sum(commit.rows_read for commit in commits),
        landed=sum(commit.rows_landed for commit in commits),
        quarantined=sum(commit.rows_quarantined for commit in commits),
        known=sum(commit.rows_known for commit in commits),
        reasons=dict(reasons.most_common()),
        notes=tuple(dict.fromkeys(note for commit in commits for note in commit.notes)),
        error=error,
    )
