"""What a run did, as values: the last screen and ``--json`` show nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.errors import FondacoError

if TYPE_CHECKING:
    from fondaco.governance.publish import Published
    from fondaco.lake import TableReport
    from fondaco.warehouse import BuildReport, Summary


@dataclass(frozen=True)
class TableLanding:
    """What one run did with one table of a source; counts are rows.

    Attributes:
        files: files that were read; 0 for a database.
        read: rows read; always landed + quarantined + known.
        known: rows left out because they had landed before.
        deleted: tombstones of rows that are gone; among landed.
        reasons: why rows were put aside, in words.
        notes: what a person should know: a new column, a re-sent file.
        errors: why the table, or a file of it, was left out; what was committed before that counts.
        bytes: size of the files that were written.
    """

    source: str
    table: str
    commits: int
    files: int
    read: int
    landed: int
    quarantined: int
    known: int
    deleted: int
    reasons: Mapping[str, int]
    notes: tuple[str, ...]
    errors: tuple[FondacoError, ...] = ()
    bytes: int = 0


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
        first_seconds: how long the first run here took that came to a good end; None if this is it.
        lived: days that a simulated shop lived first, by source.
        notes: what concerns no single table, such as files that belong to none.
        head: number of the lake's last commit.
        build_reason: why models were built; None if nothing had changed.
        build: None if nothing was built.
        summary: None if the command does not show it, or there is no warehouse yet.
    """

    run_id: str
    command: str
    started: str
    steps: tuple[Took, ...]
    first_seconds: float | None
    lived: Mapping[str, int]
    tables: tuple[TableLanding, ...]
    notes: tuple[str, ...]
    head: int
    build_reason: str | None
    build: BuildReport | None
    published: Published | None
    summary: Summary | None
    places: Places

    @property
    def faults(self) -> tuple[FondacoError, ...]:
        """What kept tables and files from being read."""
        return tuple(error for table in self.tables for error in table.errors)

    @property
    def exit_code(self) -> int:
        """0 if everything was done; 1 if a table could not be read, or a model or a test failed."""
        return 1 if self.faults or (self.build is not None and self.build.failures) else 0

    @property
    def seconds(self) -> float:
        return sum(took.seconds for took in self.steps)


def table_landing(table: TableReport, reasons: Mapping[str, int]) -> TableLanding:
    """The lake's report of a table without its commits, and why rows were put aside in words."""
    return TableLanding(
        source=table.source,
        table=table.table,
        commits=len(table.commits),
        files=table.files,
        read=table.rows_read,
        landed=table.rows_landed,
        quarantined=table.rows_quarantined,
        known=table.rows_known,
        deleted=table.deleted,
        bytes=table.bytes,
        reasons=reasons,
        notes=tuple(table.notes),
        errors=tuple(table.errors),
    )
