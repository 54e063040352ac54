"""What a run would do and why. Nothing is changed by looking: no lake is made, no shop lives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.errors import SourceError
from fondaco.job.look import existing_lake
from fondaco.job.rehearsal import new_rows
from fondaco.job.shops import is_meant, opened
from fondaco.job.simulate import unlived
from fondaco.sources.base import RESERVED, Position, Pull

if TYPE_CHECKING:
    from fondaco.contracts import Table
    from fondaco.lake import Lake, Live, State
    from fondaco.settings import Settings
    from fondaco.sources import Source


@dataclass(frozen=True)
class TablePlan:
    """What one table would bring.

    Attributes:
        files: new or changed files; 0 for a database.
        rows: rows to read, where the source tells without reading them all; else None.
        windows: bounds of the cursor that would be read.
        drift: columns that came or went, in words.
        errors: what would be refused, by name.
        changes: whether anything would be committed; a file that was refused before changes nothing.
    """

    source: str
    table: str
    files: int
    rows: int | None
    windows: tuple[tuple[str | None, str | None], ...]
    drift: tuple[str, ...]
    notes: tuple[str, ...]
    errors: tuple[str, ...]
    changes: bool


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        lives: days that a simulated shop would live first, by source.
        tables: those that would bring something, or fail.
        quiet: how many tables have nothing new.
        build_reason: why models would be built; None if they would not.
        select: the models asked for.
    """

    lives: dict[str, int]
    tables: tuple[TablePlan, ...]
    quiet: int
    build_reason: str | None
    select: str | None

    @property
    def changes(self) -> bool:
        """Whether a run would change something."""
        return bool(self.lives or self.build_reason or any(table.changes for table in self.tables))


def foresee(settings: Settings, *, tables: Collection[str] = (), select: str | None = None, models: bool = True) -> Plan:
    """Looks at every source and at the warehouse.

    Args:
        tables: the tables to look at; all of them if empty.
        models: whether to look at the warehouse too.

    Raises:
        UsageError: no source has a table of that name.
        LakeError: the lake cannot be read.
    """
    from fondaco.lake import Live, State
    from fondaco.warehouse import needs_build

    lake = existing_lake(settings)
    sight = _Sight(lake, lake.live(), lake.state()) if lake else _Sight(None, Live(), State())
    lives = unlived(settings)
    with opened(settings, tables, leave_out=lives) as sources:
        found = [
            sight.table(source, table) for source in sources for table in source.system.tables.values() if is_meant(source, table, tables)
        ]
    busy = tuple(plan for plan in found if plan.changes or plan.errors or plan.notes)
    # nothing is built of an empty lake
    reason = needs_build(settings, lake) if lake and lake.head() else None
    if lives or any(plan.changes for plan in busy):
        reason = reason or "what would land is new"
    return Plan(lives, busy, len(found) - len(busy), reason if models else None, select)


@dataclass(frozen=True)
class _Sight:
    """The lake as it stands, and what a source would bring to it."""

    lake: Lake | None
    live: Live
    state: State

    def table(self, source: Source, table: Table) -> TablePlan:
        commits = self.live.of_table(source.name, table.name)
        stands = self.state.tables.get((source.name, table.name))
        position = stands.position if stands else None
        before = position or Position()
        pulls, errors, rows, changes = list[Pull](), list[str](), 0, False
        drift: tuple[str, ...] = ()
        try:
            for pull in source.pulls(table, position):
                pulls.append(pull)
                errors += [f"{error.message} ({error.where})" if error.where else error.message for error in pull.errors]
                if self.lake is not None and commits and pull.overlaps != "none":
                    with self.lake.reading():
                        found = new_rows(self.lake, table, pull, commits)
                else:
                    # a server's rows are counted as they are read, and a plan reads the first batch alone
                    found = pull.rows_read
                    seen = _first_names(pull) if found == 0 or not drift else None
                    drift = drift or _drift(table, seen)
                    changes = changes or seen is not None or bool(pull.rejects)
                rows += found
                changes = changes or found > 0 or before.after(pull.step) != before
            if source.keys(table, position) is not None:
                changes = True
        except SourceError as error:
            errors.append(error.message)
        return TablePlan(
            source=source.name,
            table=table.name,
            files=sum(len(pull.step.files) for pull in pulls),
            rows=rows or None,
            windows=tuple(pull.window for pull in pulls if pull.window is not None),
            drift=drift,
            notes=tuple(note for pull in pulls for note in pull.notes),
            errors=tuple(errors),
            changes=changes,
        )


def _first_names(pull: Pull) -> list[str] | None:
    """The columns of a pull's first batch; None if it has none."""
    first = next(iter(pull.batches), None)
    return None if first is None else [name for name in first.schema.names if name not in RESERVED]


def _drift(table: Table, seen: Collection[str] | None) -> tuple[str, ...]:
    """Columns that came or went."""
    if seen is None:
        return ()
    declared = [column.name for column in table.columns]
    return tuple(f"new column {name}" for name in seen if name not in declared) + tuple(
        f"no column {name}" for name in declared if name not in seen
    )
