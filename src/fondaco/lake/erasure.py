"""Takes what tells of a person out of the files that hold her: rows stay, with their keys, times and figures.

A file is written anew, held against what it should be, and put in the place of the old one by a commit; then the old one is removed for
real. So whoever reads sees the one or the other, and a second run finishes what a killed one began. Files that count for nobody and
still hold her, such as those that a compaction replaced, are removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb

from fondaco.contracts import System, Table
from fondaco.errors import LakeError, UsageError
from fondaco.lake import aside, forgotten, layout
from fondaco.lake.casts import literal, quoted
from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.forgotten import Expired, Keys
from fondaco.lake.lake import ORPHAN_AGE, Lake
from fondaco.lake.live import batches_of
from fondaco.lake.persons import ERASED, Extent, hers, is_personal, left, state
from fondaco.lake.quality import DefaultQuality
from fondaco.lake.suppression import hers_among
from fondaco.lake.writer import Writer

_ORDER = "file_row_number"


@dataclass(frozen=True)
class Holder:
    """A table of a source that may hold persons, and its commits that count."""

    source: str
    system: str
    table: Table
    tables: Mapping[str, Table]
    commits: tuple[Commit, ...]

    @property
    def name(self) -> str:
        return f"{self.source}.{self.table.name}"


@dataclass
class Erased:
    """What was, or would be, done to one table.

    Attributes:
        rows, quarantined: rows that told of her.
        files: each file that was written anew, as (path before, SHA-256 before, path after, SHA-256 after); the latter two None in a dry run.
        removed: files that counted for nobody and held her.
        waiting: such files that a writer elsewhere may still need; they are swept when they are a day old.
    """

    source: str
    table: str
    columns: tuple[str, ...]
    rows: int = 0
    quarantined: int = 0
    files: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    waiting: int = 0
    commits: list[int] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.rows or self.quarantined or self.removed or self.waiting)


def holders(lake: Lake, systems: Mapping[str, System], source: str | None = None) -> list[Holder]:
    """The tables of the lake that may hold persons, children before their parents, which tell whose they are.

    Args:
        systems: by name.
        source: only this one.

    Raises:
        UsageError: rows of a table that nobody declares any more: it cannot be told whose they are.
    """
    found: dict[tuple[str, str], list[Commit]] = {}
    for commit in lake.live().commits:
        if commit.files or commit.quarantine:
            found.setdefault((commit.source, commit.table), []).append(commit)
    result = list[Holder]()
    for (name, table_name), commits in sorted(found.items()):
        if source not in (None, name):
            continue
        system = systems.get(commits[-1].system)
        table = system.tables.get(table_name) if system else None
        if system is None or table is None:
            raise UsageError(
                f"the lake holds rows of {name}.{table_name}, which systems/ does not describe any more: it cannot be told whose they are",
                hint=f"describe the table in systems/{commits[-1].system}.yml again; nothing was changed",
            )
        if is_personal(table):
            result.append(Holder(name, system.name, table, system.tables, tuple(commits)))
    return sorted(result, key=lambda holder: (-_depth(holder), holder.source, holder.table.name))


def _depth(holder: Holder) -> int:
    depth, table = 0, holder.table
    while table.parent is not None:
        depth, table = depth + 1, holder.tables[table.parent.table]
    return depth


def erase(lake: Lake, found: Sequence[Holder], meant: Collection[str] | Expired, keys: Keys, *, dry_run: bool = False) -> Iterator[Erased]:
    """Erases persons from tables; the caller holds the writer's lock, unless it is a dry run.

    Args:
        found: the tables, children first.
        meant: hashes of whoever is forgotten; or of whom some classifications are too old: those alone.

    Raises:
        LockedError: somebody else committed at the same time; what was committed before counts, and a second run goes on.
        LakeError: a file cannot be read or written, or did not come out as it should.
    """
    with lake.reading():
        if isinstance(meant, Expired):
            forgotten.mean_expired(lake.connection, meant, keys)
            extent = meant.extent(keys.domains)
        else:
            forgotten.mean(lake.connection, meant, keys)
            extent = Extent(domains=keys.domains)
        for holder in found:
            if extent.classes is None or any(map(extent.takes, holder.table.columns)):
                yield _Erasure(lake, holder, extent, dry_run=dry_run).done()


class _Erasure:
    """One table."""

    def __init__(self, lake: Lake, holder: Holder, extent: Extent, *, dry_run: bool) -> None:
        self._lake, self._holder, self._extent, self._dry_run = lake, holder, extent, dry_run
        self._connection = lake.connection
        self._writer = Writer(lake.store, lambda: lake.connection, DefaultQuality(), lake.on_step)
        self._parents = self._parent_keys()
        columns = [column.name for column in holder.table.columns if extent.takes(column)]
        self._told = Erased(holder.source, holder.table.name, tuple(columns))

    def _parent_keys(self) -> str | None:
        if self._holder.table.parent is None:
            return None
        live = self._lake.live()

        def files(source: str, table: str) -> list[str]:
            return [self._lake.url(file.path) for commit in live.of_table(source, table) for file in commit.files]

        return hers_among(self._connection, self._holder.source, self._holder.tables, self._holder.table, files, None, self._extent)

    def done(self) -> Erased:
        rows = self._rows_to_erase([file.path for commit in self._holder.commits for file in commit.files])
        for commit in self._holder.commits:
            files = [file for file in commit.files if rows.get(file.path)]
            put_aside = commit.quarantine if commit.quarantine and self._aside(commit.quarantine.path) else None
            self._told.rows += sum(rows[file.path] for file in files)
            self._told.quarantined += self._aside(put_aside.path) if put_aside else 0
            if not files and put_aside is None:
                continue
            if self._dry_run:
                self._told.files += [(file.path, file.sha256, None, None) for file in [*files, *([put_aside] if put_aside else [])]]
            else:
                self._rewritten(commit, files, put_aside)
        self._remains()
        return self._told

    # which files hold her

    def _rows_to_erase(self, paths: Sequence[str]) -> dict[str, int]:
        """How many rows of each of these files tell of her."""
        shapes: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for path in paths:
            shapes.setdefault(self._columns(path), []).append(path)
        found = dict[str, int]()
        for columns, same in shapes.items():
            if (telling := self._telling(columns)) is None:
                continue
            urls = {self._lake.url(path): path for path in same}
            files = ", ".join(map(literal, urls))
            counted = self._connection.execute(
                f"select filename, count(*) from read_parquet([{files}], filename = true, hive_partitioning = false) where {telling} group by 1"
            ).fetchall()
            found |= {urls[url]: rows for url, rows in counted}
        return found

    def _columns(self, path: str) -> tuple[tuple[str, str], ...]:
        described = f"select column_name, column_type from (describe select * from {self._read(path)})"
        return tuple((name, kind) for name, kind in self._connection.execute(described).fetchall() if name != _ORDER)

    def _read(self, path: str) -> str:
        return f"read_parquet({literal(self._lake.url(path))}, hive_partitioning = false, file_row_number = true)"

    def _telling(self, columns: tuple[tuple[str, str], ...]) -> str | None:
        """Condition: the row is hers, and says more than is left of it; None if none can."""
        kept = left(self._holder.table, columns, self._extent)
        sign = hers(self._holder.table, dict(columns), literal(self._holder.source), self._parents, self._extent)
        if not kept or sign == "false":
            return None
        says = " or ".join(f"{quoted(name)} is distinct from {value}" for name, value in kept.items())
        return f"coalesce({sign}, false) and ({says})"

    def _aside(self, path: str) -> int:
        return aside.rows_to_erase(
            self._connection, self._lake.url(path), self._holder.table, self._holder.source, self._extent, self._parents
        )

    # files written anew

    def _rewritten(self, commit: Commit, files: Sequence[DataFile], put_aside: DataFile | None) -> None:
        """Puts files without her in the place of those with her, and removes the latter."""
        lake, holder = self._lake, self._holder
        head, now = lake.refresh_state(), datetime.now(UTC).replace(tzinfo=None)
        number = head.commit + 1
        replaced = [file.path for file in files] + ([put_aside.path] if put_aside else [])
        batch = self._writer.batch_id(number, "erase|" + "|".join(replaced))
        started = list[str]()
        try:
            written = tuple(self._file(commit, file, part, batch, started) for part, file in enumerate(files))
            left_aside = self._file_aside(put_aside, batch, now, started) if put_aside else None
            lake.on_step("verified")
            lake.store.sync(started)
            lake.on_step("synced")
        except BaseException:
            lake.store.delete(started)
            raise
        operation = Commit.operation(
            "erase",
            number,
            batch,
            now,
            (holder.source, commit.system, holder.table.name),
            columns=commit.columns if written else (),
            cursor_min=commit.cursor_min if written else None,
            cursor_max=commit.cursor_max if written else None,
            cursor_nulls=commit.cursor_nulls if written else 0,
            replaces=tuple(replaced),
        )
        lake.commit(operation.with_files(written, left_aside), head)
        lake.store.delete(replaced)
        lake.on_step("erased")
        self._told.commits.append(number)
        pairs = [*zip(files, written, strict=True), *([(put_aside, left_aside)] if put_aside and left_aside else [])]
        self._told.files += [(old.path, old.sha256, new.path, new.sha256) for old, new in pairs]

    def _file(self, commit: Commit, file: DataFile, part: int, batch: str, started: list[str]) -> DataFile:
        day = layout.ingestion_date(file.path)
        path = layout.data_path(
            self._holder.source, self._holder.table.name, datetime.fromisoformat(day) if day else datetime.now(UTC), batch, part
        )
        columns = self._columns(file.path)
        telling = self._telling(columns)
        assert telling is not None
        started.append(path)
        should = self._without_her(file.path, columns, telling)
        written = self._writer.copy(should, path)
        self._lake.on_step("part")
        new = f"read_parquet({literal(self._lake.url(path))}, hive_partitioning = false)"
        if written.rows != file.rows or _contents(self._connection, f"({should})") != _contents(self._connection, new):
            raise LakeError(
                f"{self._holder.name}: a file did not come out as it should; nothing was changed in it",
                where=self._lake.url(path),
                hint="this is a defect of fondaco, or of the disk: report it",
            )
        if self._rows_to_erase([path]):
            raise LakeError(
                f"{self._holder.name}: a file still tells of her after it was written anew; nothing was changed in it",
                where=self._lake.url(path),
                hint="this is a defect of fondaco: report it",
            )
        erased = self._connection.execute(f"select count({ERASED}) from {new}").fetchall()[0][0]
        return replace(written, batches=batches_of(commit, file), erased=int(erased))

    def _without_her(self, path: str, columns: tuple[tuple[str, str], ...], telling: str) -> str:
        """Query: the rows of a file in their order, of hers what may be left."""
        kept = left(self._holder.table, columns, self._extent)
        has_state = any(name == ERASED for name, _ in columns)
        mark = f"case when _is_hers then {state(kept, has_state)} {f'else {ERASED} ' if has_state else ''}end"
        changed = [f"case when _is_hers then {value} else {quoted(name)} end as {quoted(name)}" for name, value in kept.items()]
        changed += [f"{mark} as {ERASED}"] if has_state else []
        more = "" if has_state else f", {mark} as {ERASED}"
        return f"""
            select * exclude (_is_hers, {_ORDER}) replace ({", ".join(changed)}){more}
            from (select *, {telling} as _is_hers from {self._read(path)}) order by {_ORDER}
        """

    def _file_aside(self, file: DataFile, batch: str, now: datetime, started: list[str]) -> DataFile:
        day = layout.ingestion_date(file.path)
        path = layout.quarantine_path(self._holder.source, self._holder.table.name, datetime.fromisoformat(day) if day else now, batch)
        started.append(path)
        query = aside.without_her(
            self._connection, self._lake.url(file.path), self._holder.table, self._holder.source, self._extent, self._parents
        )
        written = self._writer.copy(query, path)
        self._lake.on_step("quarantine")
        if written.rows != file.rows or self._aside(path):
            raise LakeError(
                f"{self._holder.name}: the quarantine did not come out as it should; nothing was changed in it",
                where=self._lake.url(path),
                hint="this is a defect of fondaco: report it",
            )
        return written

    # files that count for nobody

    def _remains(self) -> None:
        """Removes files of the table that count no more and hold her: replaced ones, and those of writers that died."""
        store, name = self._lake.store, f"{self._holder.source}/{self._holder.table.name}/"
        counting = self._lake.live().paths()
        named = {path for commit in self._lake.commits() for path in commit.replaces}
        old = datetime.now(UTC) - ORPHAN_AGE
        for item in [*store.listing(f"{layout.BRONZE}/{name}"), *store.listing(f"{layout.QUARANTINE}/{name}")]:
            if item.path in counting or not layout.is_data(item.path) or not self._holds(item.path):
                continue
            if store.is_shared and item.path not in named and item.changed > old:
                self._told.waiting += 1
                continue
            self._told.removed.append(item.path)
            if not self._dry_run:
                store.delete([item.path])
                self._lake.on_step("removed")

    def _holds(self, path: str) -> bool:
        try:
            return bool(self._aside(path)) if layout.is_quarantine(path) else bool(self._rows_to_erase([path]))
        except duckdb.Error:
            return True  # a file of a writer that died cannot be read to its end, nor by anybody else


def _contents(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, ...]:
    """How many rows there are, and two sums over all that is in them, in any order."""
    names = [name for (name,) in connection.execute(f"select column_name from (describe select * from {relation})").fetchall()]
    hashed = "hash(" + ", ".join(quoted(name) for name in sorted(names)) + ")"
    found = connection.execute(
        f"select count(*), coalesce(sum(cast({hashed} as hugeint)), 0), coalesce(bit_xor({hashed}), 0) from {relation}"
    ).fetchall()
    return tuple(int(value) for value in found[0])
