"""A shop in a SQL database, whatever the engine: windows for tables with a cursor, the parent's window for their children, the
whole table where there is neither, and all keys for finding deletes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import pyarrow as pa

from fondaco.contracts import System, Table
from fondaco.errors import SourceError, did_you_mean
from fondaco.sources.base import RESERVED, Keys, Position, Pull, Span
from fondaco.sources.sql.condition import Conditions, dated, parents
from fondaco.sources.sql.dialect import Dialect, Found, Item, Query
from fondaco.sources.sql.health import Finding, Health
from fondaco.sources.sql.link import Link
from fondaco.sources.sql.values import ODD, placed, told_apart, without_garbled
from fondaco.sources.sql.window import Terms, Window, asked, moment, recorded, window_of

#: A batch has at most so many bytes, as far as the source knows how wide its rows are; and never less than DuckDB's smallest unit.
_BATCH_BYTES, _FEWEST_ROWS = 24 << 20, 2_048


class SqlDatabase:
    """A shop in a database, read only. All tables are read from one snapshot, which begins with the first of them.

    Args:
        name: the source's name in fondaco.yml.
        system: the system whose tables the database has.
        lag: what was written in the source's last moments waits for the next run, because its transaction may be open.
        overlap: how far before the last cursor a run reads again; rows that landed are dropped by the lake.
        sweep: how often, in the source's own time, keys are compared to find deletes.
        max_delete_share: share of a table's rows above which a comparison is not believed.
        timeout: how long a source may give nothing before it is given up.
        batch_rows: most rows in a batch.
        now: our clock, for a database without a clock of its own.
    """

    def __init__(
        self,
        name: str,
        system: System,
        dialect: Dialect,
        *,
        lag: timedelta = timedelta(minutes=2),
        overlap: timedelta = timedelta(minutes=10),
        sweep: timedelta = timedelta(days=1),
        max_delete_share: float = 0.2,
        timeout: timedelta = timedelta(minutes=10),
        batch_rows: int = 50_000,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.system = system
        self._dialect = dialect
        self._lag, self._overlap, self._sweep = lag, overlap, sweep
        self._max_delete_share = max_delete_share
        self._patience = timeout.total_seconds()
        self._batch_rows = batch_rows
        self._now = now
        self._opened: tuple[Link, datetime] | None = None
        self._refused: SourceError | None = None
        self._found: dict[str, list[Found]] = {}
        self._notes: list[str] = []

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        """What changed in the table's window; the whole table at first, and always if nothing says what changed.

        Args:
            span: read the rows of this time instead, wherever the table stands; it then stays there.

        Raises:
            SourceError: the database, the table, a required column or the right to read it is missing, or the source failed.
        """
        link, found = self._link(), self._columns(table)
        for parent in parents(self.system, table):
            self._joined(parent)
        is_first = position is None and span is None
        window = self._window(table, position)
        record = window.text() if window else None
        condition, conditions = "true", Conditions(self.system, self._dialect, self._cursors(table))
        if window is not None and span is not None:
            part = asked(window, span)
            condition, record = conditions.changed(table, part), part.text()
        elif window is not None:
            condition = conditions.first(table, window) if is_first else conditions.changed(table, window)
        pull = Pull(
            identity=f"{self.name}|{table.name}|{record or self.clock()}",
            batches=(),
            clock=self._here(table),
            step=Position() if span else self._step(table, window, is_first),
            overlaps="none" if is_first else "window" if table.cursor else "table",
            window=record,
            notes=self._lost(table, found),
            moves=span is None,
        )
        if self._dialect.counts_cheaply:
            pull.rows_read = int(link.value(f"select count(*) from {self._dialect.named(table.name)} where {condition}"))
            if not pull.rows_read and not is_first:
                return
        read = self._batches(link, table, found, condition, pull)
        if not is_first and not self._dialect.counts_cheaply:
            begun = next(read, None)
            if begun is None and not pull.rejects:
                return
            read = chain([begun] if begun is not None else [], read)
        pull.batches = read
        yield pull

    def keys(self, table: Table, position: Position | None) -> Keys | None:
        """All keys, if the table's deletes are found by comparing and the last comparison is old enough."""
        if table.deletes != "sweep" or not table.key:
            return None
        clock = self._here(table)
        swept = moment(position.swept_at) if position and position.swept_at else None
        if swept is not None and clock - swept < self._sweep:
            return None
        found = [column for column in self._columns(table) if column.name in table.key]
        return Keys(self._key_batches(table, found), clock, self._max_delete_share)

    def notes(self) -> list[str]:
        """Says so if the source's clock is not to be believed."""
        return self._notes

    def health(self) -> Iterator[Finding]:
        """What is well and what is wrong with the source, and how to mend it. Raises SourceError if it cannot be asked."""
        ours = self._now().astimezone(UTC).replace(tzinfo=None)
        yield from Health(self.name, self.system, self._dialect, self._link(), self._lag, ours).findings()

    def close(self) -> None:
        """Ends the snapshot."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    @property
    def place(self) -> str:
        """Where the database is, for people."""
        return self._dialect.place

    def clock(self) -> datetime:
        """The source's own time when the snapshot was taken, naive UTC. Raises SourceError."""
        self._link()
        assert self._opened is not None
        return self._opened[1]

    # --- the snapshot and its catalogue -------------------------------------------------------------------------------

    def _link(self) -> Link:
        """The snapshot; a new one if the last one broke. A source that cannot be opened is not tried again for every table."""
        if self._refused is not None:
            raise self._refused
        if self._opened is not None and not self._opened[0].is_free():
            self.close()
        if self._opened is None:
            try:
                link = Link(self.name, self._dialect, self._patience)
                self._opened = link, self._clock_of(link)
            except SourceError as error:
                self._refused = error
                raise
        return self._opened[0]

    def _clock_of(self, link: Link) -> datetime:
        needed = self._dialect.clock_table
        has_clock = needed is None or needed in {str(row[0]) for row in link.rows(self._dialect.tables())}
        said, ours = link.time(self._dialect.clock()) if has_clock else None, self._now().astimezone(UTC).replace(tzinfo=None)
        if said is None or needed is not None:
            return said or ours
        if said > ours + self._overlap:
            self._notes.append(
                f"{self.name}: the source's clock says {said:%Y-%m-%d %H:%M} UTC, ours {ours:%Y-%m-%d %H:%M}; ours is taken, "
                "so that rows dated ahead move no watermark: set the clock that is wrong"
            )
        # what is overlapped is read again in any case: so far a clock that jumps ahead and back hides nothing
        return min(said, ours + self._overlap)

    def _columns(self, table: Table) -> list[Found]:
        """The table's columns at the source. Raises SourceError if a required one is missing, or may not be read."""
        found, used = self._catalogue(table), {*table.key, table.cursor, table.parent.on if table.parent else None}
        names = [column.name for column in found]
        if taken := next((name for name in names if name.lower() in RESERVED), None):
            raise SourceError(f"{table.name} has a column {taken!r}, a name that the lake keeps for itself", where=self._dialect.place)
        self._need(table, found, {column.name for column in table.columns if not column.nullable or column.name in used}, names)
        return found

    def _catalogue(self, table: Table) -> list[Found]:
        """What the source's catalogue says of the table. Raises SourceError if it says nothing."""
        if table.name not in self._found:
            link = self._link()
            found = [self._dialect.found(row) for row in link.rows(self._dialect.columns(table.name))]
            if not found:
                tables = [str(row[0]) for row in link.rows(self._dialect.tables())]
                raise SourceError(
                    f"source {self.name!r} has no table {table.name!r}{did_you_mean(table.name, tables)}",
                    where=self._dialect.place,
                    hint=f"see whether it is a {self.system.name!r} shop, and whether the user may read the table",
                )
            # what is to be left out is not even asked for: a user need not have the right to read it
            self._found[table.name] = [column for column in found if table.takes(column.name)]
        return self._found[table.name]

    def _joined(self, table: Table) -> None:
        """Raises SourceError if a parent lacks what ties its children to it and dates them, whatever else it lacks."""
        used = {table.key[0], *([table.cursor] if table.cursor else []), *([table.parent.on] if table.parent else [])}
        found = self._catalogue(table)
        self._need(table, found, used, used & {column.name for column in found})

    def _need(self, table: Table, found: list[Found], needed: Collection[str], read: Collection[str]) -> None:
        """Raises SourceError if one of the needed columns is missing, or one of those to be read may not be read."""
        if lost := next((name for name in (column.name for column in table.columns) if name in needed and name not in read), None):
            declared = {column.name for column in table.columns}
            guess = did_you_mean(lost, [each.name for each in found if each.name not in declared]).replace(
                "did you mean", "was it renamed to"
            )
            raise SourceError(
                f"{table.name} has no column {lost!r} any more{guess}",
                where=self._dialect.place,
                hint=f"bring it back, or change the columns of {table.name} in systems/{self.system.name}.yml",
            )
        if hidden := [column.name for column in found if column.name in read and not column.readable]:
            what = f"column {hidden[0]!r} of {table.name}" if len(hidden) < len(found) else f"table {table.name!r}"
            raise SourceError(
                f"source {self.name!r}: {what} may not be read", where=self._dialect.place, hint=f"grant select on {table.name} to its user"
            )

    def _lost(self, table: Table, found: list[Found]) -> list[str]:
        names = {column.name for column in found}
        return [f"{table.name}: the source has no column {c.name}; it lands as NULL" for c in table.columns if c.name not in names]

    # --- what to read -------------------------------------------------------------------------------------------------

    def _cursors(self, table: Table) -> dict[str, Found]:
        """The cursor columns of a table and its parents, as the source has them."""
        tables = [each for each in (table, *parents(self.system, table)) if each.cursor]
        return {each.name: next(column for column in self._catalogue(each) if column.name == each.cursor) for each in tables}

    def _terms(self, table: Table) -> Terms | None:
        """How the cursor is written that says when this table's rows change; None if nothing does."""
        source = dated(self.system, table)
        if source is None or source.cursor is None:
            return None
        declared = source.column(source.cursor).type
        found = next(column for column in self._catalogue(source) if column.name == source.cursor)
        kind = self._dialect.cursor_kind(found, declared)
        separator = " "
        if kind == "text" and declared != "bigint":
            at = self._dialect.quoted(source.cursor)
            sample = self._link().value(f"select {at} as sample from {self._dialect.named(source.name)} where {at} > '' limit 1")
            separator = "T" if isinstance(sample, str) and sample[10:11] == "T" else " "
        return Terms(kind, declared, self.system.zone, separator)

    def _here(self, table: Table) -> datetime:
        """The source's time as the table's cursor writes it."""
        terms = self._terms(table)
        return terms.here(self.clock()) if terms else self.clock()

    def _window(self, table: Table, position: Position | None) -> Window | None:
        """The bounds of the cursor that says what changed, None if nothing does."""
        terms = self._terms(table)
        if terms is None:
            return None
        last = position.cursor if position else None
        return window_of(terms, last, self.clock(), self._lag, self._overlap, self._dialect.bound)

    def _step(self, table: Table, window: Window | None, is_first: bool) -> Position:
        # whoever reads the whole table for the first time has nothing to compare
        swept = f"{self._here(table):%Y-%m-%d %H:%M:%S.%f}" if is_first and table.deletes == "sweep" else None
        return Position(cursor=self._parents_cursor(table, window), swept_at=swept)

    def _parents_cursor(self, table: Table, window: Window | None) -> str | None:
        """Up to where a child was read: its parent's highest cursor in the window. Its own rows cannot tell."""
        source = dated(self.system, table)
        if window is None or table.cursor is not None or source is None or source.cursor is None:
            return None
        at = self._dialect.quoted(source.cursor)
        item = self._dialect.item(self._cursors(source)[source.name], source.column(source.cursor), self.system.zone)
        query = f"select max({at}) as {at} from {self._dialect.named(source.name)} where {window.inside(at)}"
        highest = self._link().value(f"select {item.text or item.inner} as highest from ({query}) as whole")
        if highest is None or window.high is None:
            return None if highest is None else str(highest)
        return recorded(moment(str(highest)), window.terms.declared)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _batches(self, link: Link, table: Table, found: list[Found], condition: str, pull: Pull) -> Iterator[pa.RecordBatch]:
        declared = {column.name: column for column in table.columns}
        items = [self._dialect.item(column, declared.get(column.name), self.system.zone) for column in found]
        odd = [item for item in items if item.odd is not None]
        query = self._query(table, items, odd, condition)
        outputs = [(item.outer.replace("{}", f"c{index}"), item.name) for index, item in enumerate(items)]
        read = link.stream(outputs + ([("odd", ODD)] if odd else []), query, self._rows_per_batch(link, table))
        counted = read if self._dialect.counts_cheaply else _counted(read, pull)
        return without_garbled(told_apart(placed(counted), [item.name for item in odd]), pull.rejects)

    def _query(self, table: Table, items: list[Item], odd: list[Item], condition: str) -> Query:
        inner = [f"{item.inner} as c{index}" for index, item in enumerate(items)]
        if odd:
            is_odd = " or ".join(str(item.odd) for item in odd)
            inner.append(f"case when {is_odd} then {self._dialect.odd_text(odd)} end as odd")
        return Query(", ".join(inner), (table.name, self._dialect.named(table.name)), condition)

    def _rows_per_batch(self, link: Link, table: Table) -> int:
        """Fewer rows where they are wide."""
        query = self._dialect.width(table.name)
        width = link.value(query) if query else None
        return min(self._batch_rows, max(_FEWEST_ROWS, _BATCH_BYTES // max(int(width), 1))) if width else self._batch_rows

    def _key_batches(self, table: Table, found: list[Found]) -> Iterator[pa.RecordBatch]:
        items = [self._dialect.item(column, table.column(column.name), self.system.zone) for column in found]
        inner = ", ".join(f"{item.text or item.inner} as c{index}" for index, item in enumerate(items))
        outputs = [
            (f"cast({'{}' if item.text else item.outer} as varchar)".replace("{}", f"c{index}"), item.name)
            for index, item in enumerate(items)
        ]
        query = Query(inner, (table.name, self._dialect.named(table.name)))
        yield from without_garbled(self._link().stream(outputs, query, self._batch_rows), [])


def _counted(batches: Iterator[pa.RecordBatch], pull: Pull) -> Iterator[pa.RecordBatch]:
    """Counts what the source gave before anything is done with it: the lake's own count is held against this one."""
    for batch in batches:
        pull.rows_read += batch.num_rows
        yield batch
