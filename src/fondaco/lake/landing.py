"""The main job of the lake: read every table of every source, commit batch by batch, and say what happened.

for each table: where it stands -> pulls -> files that nothing names -> one commit -> state
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fondaco.contracts import Table
from fondaco.errors import BatchStopped, DeletesRefused, FileRejected, FondacoError, LockedError, SourceError
from fondaco.lake.batch import write_batch
from fondaco.lake.commit import Commit
from fondaco.lake.known import Landed, by_columns
from fondaco.lake.lake import Lake
from fondaco.lake.live import Live
from fondaco.lake.quality import FilesTooBad, Quality
from fondaco.lake.resent import held
from fondaco.lake.rewind import cursor_at
from fondaco.lake.sweep import write_sweep
from fondaco.lake.writer import Origin, Writer
from fondaco.sources.base import Position, Pull, Source, Span


@dataclass
class TableReport:
    """What a landing did for one table. rows_read = rows_landed + rows_quarantined + rows_known.

    Attributes:
        files: files of the source that were read (0 for a database).
        deleted: tombstones that landed because keys were gone; among rows_landed.
        bad: quarantined rows by reason.
        errors: why the table, or a file of it, was left out.
    """

    source: str
    system: str
    table: str
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_known: int = 0
    deleted: int = 0
    files: int = 0
    bytes: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[FondacoError] = field(default_factory=list)

    def add(self, commit: Commit) -> None:
        """Counts a commit in."""
        self.commits.append(commit)
        self.rows_read += commit.rows_read
        self.rows_landed += commit.rows_landed
        self.rows_quarantined += commit.rows_quarantined
        self.rows_known += commit.rows_known
        self.deleted += commit.rows_landed if commit.kind == "sweep" else 0
        self.files += sum(1 for mark in commit.step.files.values() if mark.rows)
        self.bytes += sum(file.bytes for file in commit.files)
        for reason, rows in commit.bad.items():
            self.bad[reason] = self.bad.get(reason, 0) + rows
        self.notes += [note for note in commit.notes if note not in self.notes]


@dataclass
class LandingReport:
    """A whole landing: the caller exits 1 if there are errors."""

    tables: list[TableReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[FondacoError]:
        return [error for table in self.tables for error in table.errors]

    @property
    def commits(self) -> list[Commit]:
        return [commit for table in self.tables for commit in table.commits]

    def total(self, name: str) -> int:
        """Sum of a count over all tables, such as ``rows_landed``."""
        return sum(getattr(table, name) for table in self.tables)


@dataclass(frozen=True)
class Asked:
    """What a person may ask of a landing beyond the ordinary.

    Attributes:
        span: read this part of the sources' time, whatever was read before, in place of what is new.
        sweep: compare keys now, whether it is time for that or not.
        accept_deletes: believe a comparison of keys that finds more gone than `max_delete_share`, or all.
    """

    span: Span | None = None
    sweep: bool = False
    accept_deletes: bool = False


NOTHING = Asked()


def land(
    sources: Iterable[Source],
    lake: Lake,
    quality: Quality,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    tables: Collection[str] = (),
    asked: Asked = NOTHING,
    report: LandingReport | None = None,
) -> Iterator[TableReport]:
    """Lands what is new, table by table; each report comes when its table is done.

    An error of a source or a batch is put into the table's report, and the other tables go on.

    Args:
        clock: our own time, with zone.
        tables: only these (``table`` or ``source.table``); all if empty.
        asked: what a person asked for beyond the ordinary.
        report: filled as the landing goes on.

    Raises:
        LockedError: somebody else is writing.
        LakeError: the lake cannot be read or written (disk full, no rights); what was committed before counts.
    """
    report = report if report is not None else LandingReport()
    with lake.writer():
        landing = _Landing(lake, quality, clock, asked)
        for source in sources:
            for table in source.system.tables.values():
                if tables and table.name not in tables and f"{source.name}.{table.name}" not in tables:
                    continue
                report.tables.append(landing.table(source, table))
                yield report.tables[-1]
            report.notes += source.notes()
        landing.clean_up()


class _Landing:
    """One landing under the writer's lock."""

    def __init__(self, lake: Lake, quality: Quality, clock: Callable[[], datetime], asked: Asked) -> None:
        self._lake, self._asked = lake, asked
        self._clock = clock
        self._state = lake.refresh_state()
        self._writer = Writer(lake.store, lambda: lake.connection, quality, lake.on_step, lake.suppression())
        self._known: Live | None = None
        self._began = self._state.commit

    def table(self, source: Source, table: Table) -> TableReport:
        report = TableReport(source.name, source.system.name, table.name)
        origin = Origin(source.name, source.system.name, table, source.system.tables)
        try:
            begins = self._begins(source, origin, report)
            for pull in source.pulls(table, self._position(origin), self._asked.span):
                self._pull(origin, pull, report, begins)
            self._sweep(source, origin, report)
        except (SourceError, BatchStopped) as error:
            report.errors.append(error)
        return report

    def _begins(self, source: Source, origin: Origin, report: TableReport) -> str | None:
        """Where a table that was never read stands from now on, if it is read from a time on and all that came before is left out."""
        span = self._asked.span
        if span is None or span.since is None or self._position(origin) is not None or origin.table.files is not None:
            return None
        if span.until is not None or (cursor := cursor_at(source.system, origin.table, span.since)) is None:
            return None
        report.notes.append(f"{origin.table.name} was never read: it starts at {cursor}; what is older is read by: fondaco ingest --since")
        return cursor

    def _sweep(self, source: Source, origin: Origin, report: TableReport) -> None:
        """Lands tombstones for the keys that are gone, if it is time for that or it was asked for."""
        position = self._position(origin)
        if self._asked.span is not None and not self._asked.sweep:
            return
        due = replace(position, swept_at=None) if position is not None and self._asked.sweep else position
        keys = source.keys(origin.table, due)
        if keys is None:
            return
        landed = [file.path for commit in self._commits(origin) for file in commit.files]
        try:
            commit = write_sweep(self._writer, origin, keys, self._number(), self._now(), landed, accept=self._asked.accept_deletes)
        except DeletesRefused as error:
            self._lake.audit.note("deletes refused", {"said": error.message}, table=f"{origin.source}.{origin.table.name}")
            raise
        self._commit(commit, report)
        if self._asked.accept_deletes and commit.rows_landed:
            counts = {"deleted": commit.rows_landed}
            self._lake.audit.note("deletes accepted", counts, (commit.number,), table=f"{origin.source}.{origin.table.name}")

    def clean_up(self) -> None:
        """Sweeps what was left by landings that died, when enough has been committed to make listing the lake worth it."""
        if any(self._lake.is_sweep_due(number) for number in range(self._began + 1, self._state.commit + 1)):
            self._lake.drop_orphans()

    def _pull(self, origin: Origin, pull: Pull, report: TableReport, begins: str | None) -> None:
        again = self._again(origin, pull)
        try:
            commit = self._written(origin, pull, again, begins)
        except FileRejected as error:
            pull = pull.refused(error)
            commit = self._written(origin, pull, again, begins)
        except FilesTooBad as error:
            report.errors += error.files.values()
            pull = pull.without(error.files)
            commit = self._written(origin, pull, again, begins)
        finally:
            report.errors += pull.errors
        if commit is not None:
            self._commit(commit, report)
            return
        report.rows_read += pull.rows_read
        report.rows_known += pull.rows_read
        report.notes += pull.notes

    def _written(self, origin: Origin, pull: Pull, again: Mapping[str, str], begins: str | None) -> Commit | None:
        before = self._position(origin) or Position()
        landed = self._landed(origin, pull, again)
        commit = write_batch(self._writer, origin, pull, before, self._number(), self._now(), landed)
        return commit if commit is None or begins is None else replace(commit, step=replace(commit.step, cursor=begins))

    def _again(self, origin: Origin, pull: Pull) -> Mapping[str, str]:
        """Files of the pull whose content has landed, with the name under which it did; one under another name is marked as its repeat."""
        state = self._state.tables.get((origin.source, origin.table.name))
        # without a rewind or a span the position knows every content that has landed
        if origin.table.files is None or state is None or (pull.moves and not state.rewound):
            return {}
        contents, stood = held(self._commits(origin)), state.position.files
        again = dict[str, str]()
        marks = dict(pull.step.files)
        for name, mark in pull.step.files.items():
            # one that was only touched is noted, and none of it is read
            is_touched = pull.moves and name in stood and stood[name].sha256 == mark.sha256
            if mark.rejected is None and mark.same_as is None and mark.members is None and not is_touched and mark.sha256 in contents:
                again[name] = contents[mark.sha256]
                marks[name] = mark if again[name] == name else replace(mark, same_as=again[name])
        pull.step = replace(pull.step, files=marks)
        return again

    def _commit(self, commit: Commit, report: TableReport) -> None:
        drift = self._drift(commit)
        while not self._lake.log.append(commit):
            commit = self._after_lost_race(commit)
        self._lake.on_step("committed")
        self._state = self._state.after([commit])
        if self._known is not None:
            self._known = self._known.after([commit])
        self._lake.save_state(self._state)
        self._lake.on_step("state")
        report.add(commit)
        if drift:
            self._lake.audit.note("columns changed", drift, (commit.number,), table=f"{commit.source}.{commit.table}")

    def _drift(self, commit: Commit) -> dict[str, list[str]]:
        """Columns that came, went or changed their type since the table's last batch with rows."""
        state = self._state.tables.get((commit.source, commit.table))
        if state is None or not commit.files or state.schema_hash == commit.schema_hash:
            return {}
        shapes = [other.columns for other in self._live().of_table(commit.source, commit.table) if other.schema_hash == state.schema_hash]
        if not shapes:
            return {}
        before, now = dict(shapes[-1]), dict(commit.columns)
        found = {
            "came": sorted(now.keys() - before.keys()),
            "went": sorted(before.keys() - now.keys()),
            "changed": [
                f"{name}: {before[name]} to {now[name]}" for name in sorted(before.keys() & now.keys()) if before[name] != now[name]
            ],
        }
        return {what: names for what, names in found.items() if names}

    def _after_lost_race(self, commit: Commit) -> Commit:
        """The commit under the next free number, unless what the winner committed makes it stale."""
        others = self._lake.commits(after=self._state.commit)
        if not others:
            # the number is taken, and yet nobody has it: under the same number the files would be copied onto themselves and removed
            self._lake.store.delete(commit.data_paths())
            raise LockedError("somebody else is committing to this lake, and it cannot be seen what", hint="run again")
        self._state = self._state.after(others)
        self._known = None
        if any(other.kind == "erase" for other in others):
            self._lake.store.delete(commit.data_paths())
            raise LockedError("somebody was forgotten in this lake at the same time, and these rows may be hers", hint="run again")
        if any((other.source, other.table) == (commit.source, commit.table) for other in others):
            self._lake.store.delete(commit.data_paths())
            raise LockedError(f"somebody else landed {commit.source}.{commit.table} at the same time", hint="run again")
        return self._writer.renumbered(commit, self._number())

    def _landed(self, origin: Origin, pull: Pull, again: Mapping[str, str]) -> Landed:
        """Files of earlier commits in which the pull's rows may be found."""
        if not again if origin.table.files is not None else pull.overlaps == "none":
            return Landed()
        commits = self._commits(origin)
        low = pull.window[0] if pull.overlaps == "window" and pull.window else None
        if (
            low is not None
            and origin.table.files is None
            and origin.table.cursor
            and origin.table.column(origin.table.cursor).type != "bigint"
        ):
            recent = [commit for commit in commits if commit.reaches(low)]
        else:
            recent = commits
        return Landed(
            by_columns(recent, self._lake.url),
            [self._lake.url(commit.quarantine.path) for commit in commits if commit.quarantine],
            again if origin.table.files is not None else None,
        )

    def _commits(self, origin: Origin) -> list[Commit]:
        """The table's commits that count."""
        return self._live().of_table(origin.source, origin.table.name)

    def _live(self) -> Live:
        if self._known is None:
            self._known = self._lake.live()
        return self._known

    def _position(self, origin: Origin) -> Position | None:
        """Where the table stands; None if nothing was ever committed for it."""
        state = self._state.tables.get((origin.source, origin.table.name))
        return state.position if state else None

    def _number(self) -> int:
        return self._state.commit + 1

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(tzinfo=None)
