"""One pull on its way into the lake: typed rows in parts, bad rows beside them, and the commit that would make them count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from fondaco.errors import BatchStopped
from fondaco.lake import layout, rows
from fondaco.lake.casts import literal, quoted
from fondaco.lake.commit import Commit, DataFile, schema_hash
from fondaco.lake.known import Landed, mark_known
from fondaco.lake.quality import check_share
from fondaco.lake.softly import operation
from fondaco.lake.tally import Tally, greatest_cursor
from fondaco.lake.writer import Origin, Writer
from fondaco.sources.base import FILE, ROW, Position, Pull

#: Rows and bytes of Arrow in one part; two are held in memory at a time, and what Parquet takes for one.
PART_ROWS = 300_000
PART_BYTES = 24 << 20


def write_batch(
    writer: Writer, origin: Origin, pull: Pull, before: Position, number: int, ingested_at: datetime, landed: Landed
) -> Commit | None:
    """The commit that would make the pull count, its files written and synced; None if there is nothing to commit.

    Args:
        before: where the table stands.
        landed: where rows of the pull may be found that landed before.

    Raises:
        SourceError: the source failed while it was read.
        BatchStopped: too much is bad, a new column is not allowed, or the counts do not add up.
        LakeError: a file cannot be written. In each case nothing is left behind.
    """
    batch = Batch(writer, origin, pull, number, ingested_at, landed)
    try:
        return batch.write(before)
    except BaseException:
        writer.store.delete(batch.started)
        raise


class Batch:
    """One pull on its way into the lake."""

    def __init__(self, writer: Writer, origin: Origin, pull: Pull, number: int, ingested_at: datetime, landed: Landed) -> None:
        self._writer, self._store, self._connection = writer, writer.store, writer.connection
        self._origin, self._pull, self._number, self._landed = origin, pull, number, landed
        self._ingested_at = ingested_at
        self._id = writer.batch_id(number, pull.identity)
        self._tally = Tally()
        self._parts = list[tuple[DataFile, tuple[tuple[str, str], ...]]]()
        self._quarantine: DataFile | None = None
        self._notes = list[str]()
        #: SQL for the time at which a row came.
        self._came_at = f"timestamp '{ingested_at:%Y-%m-%d %H:%M:%S.%f}'"
        #: Every file that was begun.
        self.started = list[str]()

    def write(self, before: Position) -> Commit | None:
        rows.begin(self._connection)
        self._write_pieces()
        if self._writer.suppression is not None:
            self._pull.rejects = self._writer.suppression.left_of(self._pull.rejects)
        rows.keep_rejects(self._connection, self._pull.rejects, self._landed, self._tally)
        self._count_bad()
        self._check()
        step = self._moved(before)
        if self._is_idle(before, step):
            return None
        columns = self._one_shape()
        self._write_quarantine()
        return self._commit(step, columns)

    def _write_pieces(self) -> None:
        """Writes the pieces in order, one in a thread of its own while the source gives the next: two are in memory, never more."""
        with ThreadPoolExecutor(1, "fondaco-lake") as writing:
            last: Future[None] | None = None
            try:
                for number, batches in enumerate(_pieces(self._pull.batches)):
                    if last is not None:
                        last.result()
                    last = writing.submit(self._write_piece, number, batches)
            finally:
                # what went wrong with an earlier piece comes before what the source said afterwards
                if last is not None:
                    last.result()

    def _write_piece(self, number: int, batches: list[pa.RecordBatch]) -> None:
        connection = self._connection
        shape = rows.load_piece(connection, self._origin.table, batches, sum(self._tally.rows.values()) + 1)
        shape = self._admitted(self._forgetting(shape))
        rows.type_piece(connection, shape, is_compared=self._is_compared())
        mark_known(connection, self._origin.table, self._landed)
        self._leave_out()
        rows.keep_bad(connection, shape, self._landed)
        self._check_types(shape)
        landed = self._tally.landed
        rows.count(connection, self._origin.table, self._pull.clock, self._tally)
        if self._tally.landed > landed:
            path = layout.data_path(self._origin.source, self._origin.table.name, self._ingested_at, self._id, number)
            self._copy_part(f"select * from typed where {rows.good(connection)}", path, shape.columns())
            self._writer.step("part")
        rows.drop_piece(connection)

    def _forgetting(self, shape: rows.Shape) -> rows.Shape:
        """The shape once what tells of forgotten persons is out of the piece, before anything else is done with it."""
        suppression, origin = self._writer.suppression, self._origin
        if suppression is None or not suppression.leave_out(
            self._connection, origin.source, origin.tables, origin.table, shape.found, rows.POSITION
        ):
            return shape
        return rows.Shape.of_piece(self._connection, origin.table, frozenset())

    def _is_compared(self) -> bool:
        """Whether rows are held against others."""
        return self._landed.is_compared()

    def _leave_out(self) -> None:
        """Marks more rows as known."""

    def _is_idle(self, before: Position, step: Position) -> bool:
        """Whether there is nothing to commit."""
        return not self._tally.landed and not self._tally.bad and before.after(step) == before

    def _copy_part(self, query: str, path: str, columns: tuple[tuple[str, str], ...]) -> None:
        own = ", ".join(quoted(name) for name, _ in columns)
        self.started.append(path)
        part = self._writer.copy(
            f"""
            select {own}, {literal(self._id)} as _batch_id, {self._came_at} as _ingested_at, {operation(self._origin.table)} as _op, {literal(self._origin.source)} as _source, {FILE}, {ROW}, {rows.POSITION}
            from ({query})
            """,
            path,
        )
        self._parts.append((part, columns))

    def _admitted(self, shape: rows.Shape) -> rows.Shape:
        """The shape with or without its new columns, as the settings say."""
        if not shape.drift:
            return shape
        names = ", ".join(name for name, _ in shape.drift[:10]) + (f" and {len(shape.drift) - 10} more" if len(shape.drift) > 10 else "")
        table, rule = self._origin.table.name, self._writer.quality.on_new_column
        if rule == "stop":
            raise BatchStopped(f"{table}: new at the source: {names}", hint="declare it in systems/, or set quality.on_new_column: add")
        outcome = "landed, declare it in systems/ to type it" if rule == "add" else "ignored (quality.on_new_column)"
        note = f"{table}: column not declared: {names}; {outcome}"
        if note not in self._notes:
            self._notes.append(note)
        return shape if rule == "add" else shape.without_drift()

    def _check_types(self, shape: rows.Shape) -> None:
        """Stops where a column that has a type of its own at the source cannot be told as declared, if the settings say so."""
        if self._writer.quality.on_type_change != "stop":
            return
        for name, kind in shape.found.items():
            if kind != "VARCHAR" and rows.has_misfit(self._connection, name):
                declared = self._origin.table.column(name).type
                raise BatchStopped(
                    f"{self._origin.table.name}: column {name!r} is {kind.lower()} at the source, and not every value is a {declared}",
                    hint="change its type in systems/, or set quality.on_type_change: quarantine",
                )

    def _count_bad(self) -> None:
        for file, reason, count in self._connection.execute(
            f"select {FILE}, reason, count(*) from bad group by all order by all"
        ).fetchall():
            self._tally.bad.setdefault(file, {})[reason] = count
        for reject in self._pull.rejects:
            self._tally.rows[reject.file] = self._tally.rows.get(reject.file, 0) + 1

    def _check(self) -> None:
        tally, table = self._tally, self._origin.table.name
        seen = tally.landed + tally.quarantined() + tally.known
        if not self._pull.rows_read == sum(tally.rows.values()) == seen:
            raise BatchStopped(
                f"{table}: {self._pull.rows_read:,} rows were read, but {tally.landed:,} landed, {tally.quarantined():,} are bad "
                f"and {tally.known:,} were known; nothing was committed",
                hint="this is a defect of fondaco, or the source changed while it was read: run again, and report it if it stays",
            )
        if tally.cursor_future:
            others = ", …" if tally.cursor_future > len(tally.future_rows) else ""
            self._notes.append(
                f"{table}: {tally.cursor_future:,} rows are dated more than a day in the future, up to {tally.cursor_max} "
                f"({'; '.join(tally.future_rows)}{others}); they landed, the watermark stays"
            )
        self._check_share()

    def _check_share(self) -> None:
        check_share(self._writer.quality, self._origin.table.name, self._tally.rows, self._tally.bad)

    def _moved(self, before: Position) -> Position:
        """The pull's step, with the cursor that landed where the source names none; a cursor never goes back.

        Of a part that was asked for it keeps the files alone: they have been read, whatever else is still unread.
        """
        if not self._pull.moves:
            return Position(files=self._pull.step.files)
        table, step = self._origin.table, self._pull.step
        kind = table.column(table.cursor).type if table.cursor else "timestamp"
        cursor = greatest_cursor(kind, before.cursor, step.cursor if step.cursor is not None else self._tally.cursor_safe)
        return replace(step, cursor=cursor if cursor != before.cursor else None)

    def _one_shape(self) -> tuple[tuple[str, str], ...]:
        """The columns of every part; parts that were written before a column turned up get it as NULL."""
        declared = tuple((column.name, column.type) for column in self._origin.table.columns)
        drift = sorted({column for _, columns in self._parts for column in columns[len(declared) :]})
        whole = declared + tuple(drift)
        parts, self._parts = self._parts, []
        for part, columns in parts:
            if columns == whole:
                self._parts.append((part, columns))
                continue
            place = literal(self._store.url(part.path))
            missing = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in whole if (name, kind) not in columns)
            self._connection.execute(
                f"create or replace temp table short as select *, {missing} from read_parquet({place}, hive_partitioning = false)"
            )
            self._copy_part("from short", part.path, whole)
        return whole

    def _write_quarantine(self) -> None:
        if not self._tally.bad:
            return
        path = layout.quarantine_path(self._origin.source, self._origin.table.name, self._ingested_at, self._id)
        self.started.append(path)
        self._quarantine = self._writer.copy(
            f"""
            select *, {literal(self._id)} as _batch_id, {self._came_at} as _ingested_at,
                {literal(self._origin.source)} as _source, {literal(self._origin.table.name)} as _table
            from bad order by {FILE}, {ROW}
            """,
            path,
        )
        self._writer.step("quarantine")

    def _commit(self, step: Position, columns: tuple[tuple[str, str], ...]) -> Commit:
        tally, files = self._tally, tuple(part for part, _ in self._parts)
        commit = Commit(
            number=self._number,
            batch_id=self._id,
            source=self._origin.source,
            system=self._origin.system,
            table=self._origin.table.name,
            committed_at=self._ingested_at.isoformat(timespec="microseconds") + "Z",
            kind="land",
            files=files,
            columns=columns,
            schema_hash=schema_hash(columns),
            rows_read=self._pull.rows_read,
            rows_landed=tally.landed,
            rows_quarantined=tally.quarantined(),
            rows_known=tally.known,
            cursor_min=tally.cursor_min,
            cursor_max=tally.cursor_max,
            cursor_nulls=tally.cursor_nulls,
            window=self._pull.window,
            step=step,
            notes=tuple(self._pull.notes + self._notes),
            quarantine=self._quarantine,
            bad=tally.reasons(),
        )
        if paths := commit.data_paths():
            self._store.sync(paths)
        self._writer.step("synced")
        return commit


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches put together to pieces that make a part each; another type of a column begins another piece."""
    piece, size, count = list[pa.RecordBatch](), 0, 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        if piece and not _fit(piece[-1].schema, batch.schema):
            yield piece
            piece, size, count = [], 0, 0
        piece.append(batch)
        size, count = size + batch.nbytes, count + batch.num_rows
        # at once, before the source is asked for more: what is wrong with a piece is told before what the source says afterwards
        if size >= PART_BYTES or count >= PART_ROWS:
            yield piece
            piece, size, count = [], 0, 0
    if piece:
        yield piece


def _fit(one: pa.Schema, other: pa.Schema) -> bool:
    """Whether batches of these shapes can be one table."""
    if one is other or one.equals(other):
        return True
    try:
        pa.unify_schemas([one, other])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
