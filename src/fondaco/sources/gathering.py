"""Puts the files of a table together to pulls: many small ones to one, a large one to one of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath

import pyarrow as pa

from fondaco.contracts import FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.base import FileMark, Position, Pull
from fondaco.sources.content import Content
from fondaco.sources.delimited import read_delimited
from fondaco.sources.jsonlines import read_jsonlines
from fondaco.sources.parquet import read_parquet

#: A pull takes files until it holds this much; a larger file is a pull of its own, read piece by piece.
PULL_BYTES = 64 << 20
PULL_FILES = 5_000

_READERS: Mapping[str, Callable[[Drop, Table, FileFormat], Content]] = {
    "csv": read_delimited,
    "jsonl": read_jsonlines,
    "parquet": read_parquet,
}
#: What a name says of its file, with or without .gz behind it.
_KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True)
class Seen:
    """A file as the folder lists it."""

    path: Path
    name: str
    size: int
    mtime_ns: int

    @classmethod
    def at(cls, path: Path, name: str) -> Seen | None:
        """The file as it is now, None if it has gone or is no file."""
        try:
            stat = path.stat()
        except OSError:
            return None
        return cls(path, name, stat.st_size, stat.st_mtime_ns) if path.is_file() else None

    def is_as(self, mark: FileMark | None) -> bool:
        return mark is not None and (mark.size, mark.mtime_ns) == (self.size, self.mtime_ns)


@dataclass
class Gathering:
    """The files of one table on their way into pulls.

    Attributes:
        source: the source's name.
        position: where the table stands.
        clock: our time, naive UTC.
        pull: the one that is being filled.
    """

    source: str
    table: Table
    position: Position
    clock: datetime
    pull: Pull = field(init=False)
    _marks: dict[str, FileMark] = field(init=False)
    _contents: list[pa.RecordBatch] = field(init=False)
    _digest: list[str] = field(init=False)
    _nbytes: int = field(init=False)
    _schema: pa.Schema | None = field(init=False)
    _landed: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        whole = (item for item in self.position.files.items() if not item[1].rejected and not item[1].same_as)
        self._landed = {mark.sha256: name for name, mark in whole}
        self._begin()

    def _begin(self) -> None:
        self.pull = Pull("", [], self.clock)
        self._marks, self._contents, self._digest, self._nbytes, self._schema = {}, [], [], 0, None

    def take(self, seen: Seen) -> Iterator[Pull]:
        """Reads one file; yields a pull when there is enough for one."""
        assert self.table.format is not None
        drop, before = Drop(seen.path, seen.name), self.position.files.get(seen.name)
        if before is not None and before.size == seen.size and drop.digest() == before.sha256:
            self._mark(seen, drop, before.rows, before.same_as, before.rejected)
            if before.rejected:
                self.pull.errors.append(FileRejected(before.rejected[0], where=str(seen.path), hint=before.rejected[1]))
            return
        try:
            content = _READERS[_kind(seen.name, self.table.format)](drop, self.table, self.table.format)
            is_small = content.nbytes <= PULL_BYTES
            batches = list(content.batches) if is_small and drop.sha256 not in self._landed else []
        except FileRejected as error:
            self._reject(seen, drop, error)
            return
        except OSError as error:
            self.pull.errors.append(drop.rejected(f"cannot be read ({error.strerror})", "grant read access to it"))
            return
        if Seen.at(seen.path, seen.name) != seen:
            self.wait(seen)
            return
        if (same := self._landed.get(drop.sha256)) is not None and same != seen.name:
            self.pull.notes.append(f"{seen.name} repeats the content of {same}: left out")
            self._mark(seen, drop, 0, same_as=same)
            return
        if before is not None and not before.rejected:
            self.pull.notes.append(f"{seen.name} was sent again with other content: landed as a new version")
        if self._is_full(content, batches):
            yield self._done()
        self._landed[drop.sha256] = seen.name
        self._add(seen, content, batches)
        self._mark(seen, drop, content.rows_read)
        if not is_small:
            yield self._stream(content)

    def rest(self) -> Iterator[Pull]:
        """The last pull, if there is anything to land or to say."""
        if self._marks or self.pull.errors or self.pull.notes:
            yield self._done()

    def wait(self, seen: Seen) -> None:
        self.pull.notes.append(f"{seen.name} is still being written: it waits for the next run")

    def _mark(self, seen: Seen, drop: Drop, rows: int, same_as: str | None = None, rejected: tuple[str, str | None] | None = None) -> None:
        self._marks[seen.name] = FileMark(seen.size, seen.mtime_ns, drop.digest(), rows, same_as, rejected)
        self._digest.append(f"{seen.name}:{drop.sha256}")

    def _reject(self, seen: Seen, drop: Drop, error: FileRejected) -> None:
        if Seen.at(seen.path, seen.name) != seen:
            self.wait(seen)
            return
        self.pull.errors.append(error)
        self._mark(seen, drop, 0, rejected=(error.message, error.hint))

    def _is_full(self, content: Content, batches: list[pa.RecordBatch]) -> bool:
        """Whether what was gathered must go first: it would grow too large, or its columns are of other types."""
        if not self._contents:
            return False
        too_large = self._nbytes + content.nbytes > PULL_BYTES or len(self._marks) >= PULL_FILES
        return too_large or any(self._merged(batch.schema) is None for batch in batches[:1])

    def _merged(self, schema: pa.Schema) -> pa.Schema | None:
        try:
            return pa.unify_schemas([self._schema, schema]) if self._schema is not None else schema
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return None

    def _add(self, seen: Seen, content: Content, batches: list[pa.RecordBatch]) -> None:
        for batch in batches:
            self._schema = self._merged(batch.schema)
        self._contents += batches
        self._nbytes += content.nbytes
        self.pull.rows_read += content.rows_read
        self.pull.files_read[seen.name] = content.rows_read
        self.pull.rejects += content.rejects
        self.pull.notes += content.notes

    def _stream(self, content: Content) -> Pull:
        """One large file as a pull of its own, whose counts fill up while it is read."""
        pull = self._done()

        def batches() -> Iterator[pa.RecordBatch]:
            pull.rows_read, rejects, notes = 0, len(content.rejects), len(content.notes)
            yield from content.batches
            pull.rows_read = content.rows_read
            pull.rejects += content.rejects[rejects:]
            pull.notes += content.notes[notes:]

        pull.batches = batches()
        return pull

    def _done(self) -> Pull:
        pull = self.pull
        pull.identity = hashlib.sha256("\n".join([self.source, self.table.name, *self._digest]).encode()).hexdigest()
        pull.batches = self._contents
        pull.step = Position(files=self._marks)
        self._begin()
        return pull


def _kind(name: str, declared: FileFormat) -> str:
    """What the file is by its name's ending, else as declared."""
    return _KINDS.get(PurePath(name.lower().removesuffix(".gz")).suffix, declared.kind)
