"""Puts the files of a table together to pulls: many small ones to one, a large one to one of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import pyarrow as pa

from fondaco.contracts import Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.base import FileMark, Position, Pull
from fondaco.sources.content import Content
from fondaco.sources.kinds import read
from fondaco.sources.listing import Seen

#: A pull takes files until it holds this much; a larger file is a pull of its own, read piece by piece.
PULL_BYTES = 64 << 20
PULL_FILES = 5_000


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
    _declared: str = field(init=False)
    _marks: dict[str, FileMark] = field(init=False)
    _contents: list[pa.RecordBatch] = field(init=False)
    _digest: list[str] = field(init=False)
    _nbytes: int = field(init=False)
    _schema: pa.Schema | None = field(init=False)
    _landed: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        whole = (item for item in self.position.files.items() if not item[1].rejected and not item[1].same_as and item[1].members is None)
        self._landed = {mark.sha256: name for name, mark in whole}
        self._declared = hashlib.sha256(repr((self.table.columns, self.table.format)).encode()).hexdigest()[:16]
        self._begin()

    def _begin(self) -> None:
        self.pull = Pull("", [], self.clock, declared=self._declared)
        self._marks, self._contents, self._digest, self._nbytes, self._schema = {}, [], [], 0, None

    def knows(self, seen: Seen) -> bool:
        """Whether the file was read as it is; a refusal is said again."""
        mark = self.position.files.get(seen.name)
        if mark is None or not seen.is_as(mark) or not self._stands(mark):
            return False
        if mark.members is None:
            self._say_again(mark, seen)
            return True
        members = [(name, of) for name, of in self._members_of.get(seen.name, []) if of.mtime_ns == mark.mtime_ns]
        if len(members) != mark.members or not all(self._stands(of) for _, of in members):
            return False
        for name, of in members:
            self._say_again(of, Seen(seen.path, name, of.size, of.mtime_ns, seen))
        return True

    @cached_property
    def _members_of(self) -> dict[str, list[tuple[str, FileMark]]]:
        """The marks of archives' members, by archive."""
        found: dict[str, list[tuple[str, FileMark]]] = {name: [] for name, mark in self.position.files.items() if mark.members is not None}
        for name, mark in self.position.files.items() if found else ():
            parts = name.split("/")
            for end in range(1, len(parts)):
                if (archive := "/".join(parts[:end])) in found:
                    found[archive].append((name, mark))
        return found

    def _stands(self, mark: FileMark) -> bool:
        """Whether what was found then holds now: not if what it repeats has not landed, or if it was refused under another declaration."""
        if mark.same_as is not None:
            other = self.position.files.get(mark.same_as)
            return other is not None and not other.rejected
        return not mark.rejected or mark.declared == self._declared

    def _say_again(self, mark: FileMark, seen: Seen) -> None:
        if mark.rejected:
            self.pull.errors.append(FileRejected(mark.rejected[0], where=seen.where, hint=mark.rejected[1]))

    def take(self, seen: Seen) -> Iterator[Pull]:
        """Reads one file; yields a pull when there is enough for one."""
        drop, before = Drop(seen.path, seen.name, seen.where), self.position.files.get(seen.name)
        try:
            if self._is_as_before(seen, drop, before):
                return
            content = read(drop, self.table)
            is_small = content.nbytes <= PULL_BYTES
            batches = list(content.batches) if is_small and drop.sha256 not in self._landed else []
        except FileRejected as error:
            self.refuse(seen, drop, error)
            return
        except OSError as error:
            self.cannot_read(drop, error)
            return
        if not seen.is_still():
            self.wait(seen)
            return
        if (same := self._landed.get(drop.sha256)) is not None and same != seen.name:
            self.pull.notes.append(f"{seen.name} repeats the content of {same}: left out")
            self._mark(seen, drop, 0, same_as=same)
            return
        if before is not None and not before.rejected and before.sha256 != drop.sha256:
            self.pull.notes.append(f"{seen.name} was sent again with other content: landed as a new version")
        if self._is_full(content, batches):
            yield self._done()
        self._landed[drop.sha256] = seen.name
        self._add(seen, content, batches)
        self._mark(seen, drop, content.rows_read)
        if not is_small:
            yield self._stream(seen, content)

    def _is_as_before(self, seen: Seen, drop: Drop, before: FileMark | None) -> bool:
        """Whether the file is one that was merely touched; then it is marked with its new time."""
        if before is None or before.size != seen.size or not self._stands(before) or drop.digest() != before.sha256:
            return False
        self._mark(seen, drop, before.rows, before.same_as, before.rejected)
        self._say_again(before, seen)
        return True

    def rest(self) -> Iterator[Pull]:
        """The last pull, if there is anything to land or to say."""
        if self._marks or self.pull.errors or self.pull.notes:
            yield self._done()

    def wait(self, seen: Seen) -> None:
        self.pull.notes.append(f"{seen.name} is still being written: it waits for the next run")

    def cannot_read(self, drop: Drop, error: OSError) -> None:
        """Says so; nothing is remembered, because the next run may."""
        self.pull.errors.append(drop.rejected(f"cannot be read ({error.strerror})", "grant read access to it"))

    def refuse(self, seen: Seen, drop: Drop, error: FileRejected) -> None:
        """Remembers that the file is refused whole, unless it changed meanwhile."""
        if not seen.is_still():
            self.wait(seen)
            return
        self.pull.errors.append(error)
        self._mark(seen, drop, 0, rejected=(error.message, error.hint))

    def mark_archive(self, seen: Seen, drop: Drop, members: int) -> None:
        """Remembers an archive all of whose members were looked at."""
        self._marks[seen.name] = FileMark(seen.size, seen.mtime_ns, drop.digest(), members=members, version=seen.version)
        self._digest.append(f"{seen.name}:{drop.sha256}")

    def _mark(self, seen: Seen, drop: Drop, rows: int, same_as: str | None = None, rejected: tuple[str, str | None] | None = None) -> None:
        declared = self._declared if rejected else None
        self._marks[seen.name] = FileMark(seen.size, seen.mtime_ns, drop.digest(), rows, same_as, rejected, declared, version=seen.version)
        self._digest.append(f"{seen.name}:{drop.sha256}")

    def _is_full(self, content: Content, batches: list[pa.RecordBatch]) -> bool:
        """Whether what was gathered must go first: it would grow too large, or its columns are of other types."""
        if not self._contents:
            return False
        too_large = self._nbytes + content.nbytes > PULL_BYTES or len(self._marks) >= PULL_FILES
        return too_large or any(self._merged(batch.schema) is None for batch in batches[:1])

    def _merged(self, schema: pa.Schema) -> pa.Schema | None:
        if self._schema is None or self._schema.equals(schema):
            return schema
        try:
            return pa.unify_schemas([self._schema, schema])
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

    def _stream(self, seen: Seen, content: Content) -> Pull:
        """One large file as a pull of its own, whose counts fill up while it is read."""
        pull = self._done()

        def batches() -> Iterator[pa.RecordBatch]:
            pull.rows_read, rejects, notes = 0, len(content.rejects), len(content.notes)
            yield from content.batches
            pull.rows_read = pull.files_read[seen.name] = content.rows_read
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
