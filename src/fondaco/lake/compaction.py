"""Many small files of one table into few large ones, without changing a row.

Only files that are old enough are taken, those of one shape together, and a large one only with as much as it weighs itself, so that
a row is rewritten a handful of times in its life however often this runs. A commit puts the new file in the place of the old ones
once its rows are known to be the same; the old ones stay for a while, for whoever is reading them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fondaco.errors import LakeError
from fondaco.lake import layout
from fondaco.lake.casts import literal
from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.lake import Lake
from fondaco.lake.live import batches_of, committed_at
from fondaco.lake.quality import DefaultQuality
from fondaco.lake.tally import greatest_cursor, least_cursor
from fondaco.lake.writer import Writer

#: A file is large when it is of half this size; what is written is of about this size at most.
TARGET_BYTES = 128 << 20
#: Files younger than this are left alone: the next runs hold new rows against them.
OLDER_THAN = timedelta(days=7)


@dataclass(frozen=True)
class Piece:
    """A file that counts, and the commit that names it."""

    commit: Commit
    file: DataFile


@dataclass(frozen=True)
class Compaction:
    """What becomes, or would become, one file."""

    source: str
    table: str
    files: int
    rows: int
    bytes: int
    bytes_after: int | None = None
    commit: int | None = None


def compact(
    lake: Lake,
    *,
    tables: Collection[str] = (),
    older_than: timedelta = OLDER_THAN,
    now: datetime | None = None,
    dry_run: bool = False,
) -> list[Compaction]:
    """Rewrites old small files.

    Args:
        tables: only these (``table`` or ``source.table``); all if empty.
        older_than: files committed later than this before `now` are left alone.
        dry_run: say what would be done, and do nothing.

    Raises:
        LockedError: somebody else is writing.
        LakeError: a file cannot be read or written, or the new one does not hold the same rows; what was committed before stays.
    """
    now = now or datetime.now(UTC)
    if dry_run:
        return [_told(heap) for heap in _heaps(lake, tables, now - older_than)]
    with lake.writer():
        state = lake.refresh_state()
        done = list[Compaction]()
        for heap in _heaps(lake, tables, now - older_than):
            commit = _rewritten(lake, heap, state.commit + 1, now.astimezone(UTC).replace(tzinfo=None))
            state = lake.commit(commit, state)
            done.append(_told(heap, commit))
        lake.drop_orphans()
    return done


def _heaps(lake: Lake, tables: Collection[str], before: datetime) -> list[list[Piece]]:
    """The files to put together: each heap becomes one file."""
    # rows without a cursor are looked for by every run: they stay apart from those that no run needs to read
    shapes: dict[tuple[str, str, str, bool], list[Piece]] = defaultdict(list)
    for commit in lake.live().commits:
        if tables and commit.table not in tables and f"{commit.source}.{commit.table}" not in tables:
            continue
        if committed_at(commit) <= before:
            shapes[commit.source, commit.table, commit.schema_hash, commit.cursor_nulls > 0] += [
                Piece(commit, file) for file in commit.files
            ]
    return [heap for _, pieces in sorted(shapes.items()) for heap in _packed(pieces)]


def _packed(pieces: Sequence[Piece]) -> list[list[Piece]]:
    heaps, heap, weight = list[list[Piece]](), list[Piece](), 0
    for piece in sorted(pieces, key=lambda piece: (batches_of(piece.commit, piece.file), piece.file.path)):
        if piece.file.bytes >= TARGET_BYTES / 2:
            continue
        if weight + piece.file.bytes > TARGET_BYTES:
            heaps.append(heap)
            heap, weight = [], 0
        heap.append(piece)
        weight += piece.file.bytes
    return [worth for heap in [*heaps, heap] if (worth := _worth(heap))]


def _worth(heap: list[Piece]) -> list[Piece]:
    """The pieces without those that outweigh all the others, or nothing."""
    if len(heap) > 1:
        largest = max(heap, key=lambda piece: piece.file.bytes)
        # two files are worth being one; a file that was compacted before is not worth being written again for a few rows
        if largest.file.batches is not None and 2 * largest.file.bytes > sum(piece.file.bytes for piece in heap):
            return _worth([piece for piece in heap if piece is not largest])
    return heap if len(heap) > 1 else []


def _rewritten(lake: Lake, heap: list[Piece], number: int, at: datetime) -> Commit:
    """The commit that would put one file in the place of these; the file is written, held against them and synced."""
    writer = Writer(lake.store, lambda: lake.connection, DefaultQuality(), lake.on_step)
    first, commits = heap[0].commit, {piece.commit.number: piece.commit for piece in heap}.values()
    batches = [batches_of(piece.commit, piece.file) for piece in heap]
    paths = [piece.file.path for piece in heap]
    kind = _cursor_kind(commits)
    commit = Commit.operation(
        "compact",
        number,
        writer.batch_id(number, "|".join(paths)),
        at,
        (first.source, first.system, first.table),
        columns=first.columns,
        cursor_min=least_cursor(kind, *(commit.cursor_min for commit in commits)),
        cursor_max=greatest_cursor(kind, *(commit.cursor_max for commit in commits)),
        cursor_nulls=sum(commit.cursor_nulls for commit in commits),
        replaces=tuple(paths),
    )
    # in the partition of its youngest rows: who asks for what came since a day misses none of them
    day = max(layout.ingestion_date(path) or "" for path in paths)
    path = layout.data_path(first.source, first.table, datetime.fromisoformat(day) if day else at, commit.batch_id, 0)
    try:
        written = writer.copy(f"select * from {_files(lake, paths)}", path)
        lake.on_step("part")
        if _contents(lake, [path]) != _contents(lake, paths) or written.rows != sum(piece.file.rows for piece in heap):
            raise LakeError(
                f"{first.source}.{first.table}: the rows of {len(paths):,} files did not come out the same in one; nothing was changed",
                where=lake.url(path),
                hint="this is a defect of fondaco, or of the disk: report it; the lake is as it was",
            )
        lake.on_step("verified")
        lake.store.sync([path])
        lake.on_step("synced")
    except BaseException:
        lake.store.delete([path])
        raise
    span = (min(first for first, _ in batches), max(last for _, last in batches))
    return commit.with_files((replace(written, batches=span, erased=sum(piece.file.erased for piece in heap)),))


def _cursor_kind(commits: Collection[Commit]) -> str:
    """How cursors of these commits sort: as numbers if they are numbers."""
    cursors = [commit.cursor_max for commit in commits if commit.cursor_max is not None]
    return "bigint" if cursors and all(cursor.lstrip("-").isdigit() for cursor in cursors) else "timestamp"


def _contents(lake: Lake, paths: Sequence[str]) -> tuple[int, ...]:
    """How many rows there are, and two sums over all that is in them; the order of rows does not count, it stands in them."""
    source = _files(lake, paths)
    names = [name for name, *_ in lake.connection.execute(f"describe select * from {source}").fetchall()]
    hashed = "hash(" + ", ".join('"' + name.replace('"', '""') + '"' for name in sorted(names)) + ")"
    found = lake.connection.execute(
        f"select count(*), coalesce(sum(cast({hashed} as hugeint)), 0), coalesce(bit_xor({hashed}), 0) from {source}"
    ).fetchall()
    return tuple(int(value) for value in found[0])


def _files(lake: Lake, paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(literal(lake.url(path)) for path in paths)}], union_by_name = true, hive_partitioning = false)"


def _told(heap: list[Piece], commit: Commit | None = None) -> Compaction:
    first = heap[0].commit
    return Compaction(
        source=first.source,
        table=first.table,
        files=len(heap),
        rows=sum(piece.file.rows for piece in heap),
        bytes=sum(piece.file.bytes for piece in heap),
        bytes_after=sum(file.bytes for file in commit.files) if commit else None,
        commit=commit.number if commit else None,
    )
