"""What every source gives, whatever it reads: pulls of Arrow batches, and where the table stands after each.

A source reads and writes nothing. It does not know where its rows go; it says how far it has read (`Position`), and gets
that back on the next run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from fondaco.contracts import System, Table
from fondaco.errors import FileRejected

#: Columns that a source adds to its own: where a row stood. They are the lake's, so a source may have none of these names.
FILE, ROW = "_file", "_row"
RESERVED = frozenset({FILE, ROW, "_batch_id", "_ingested_at", "_op", "_source", "_row_hash", "_position", "_fault"})


@dataclass(frozen=True)
class Reject:
    """A record that broke before it could be a row.

    Attributes:
        file: path below the source's folder; None for a database.
        row: 1-based number of the record among the file's data records.
        reason: a stable code, such as ``ragged``.
        column: the column at fault, where there is one.
        raw: the whole record as it was read.
        detail: the reason in words.
    """

    file: str | None
    row: int
    reason: str
    column: str | None
    raw: str
    detail: str = ""


@dataclass(frozen=True)
class FileMark:
    """A file that was looked at, by which it is known again.

    Attributes:
        size: bytes as stored (compressed, if it is).
        mtime_ns: time of last change; a shortcut only, the content is what counts.
        sha256: of the bytes as stored.
        rows: records read from it.
        same_as: the file whose content it repeats; it was left out.
        rejected: why it was refused whole, as (message, hint); it is named on every run until it is mended or removed.
        declared: names the declaration under which it was refused; under another one it is tried again.
        members: for an archive, how many of its files were looked at, each with a mark of its own.
        version: a bucket's own name of its bytes: two versions may be of one second.
    """

    size: int
    mtime_ns: int
    sha256: str
    rows: int = 0
    same_as: str | None = None
    rejected: tuple[str, str | None] | None = None
    declared: str | None = None
    members: int | None = None
    version: str | None = None

    def to_json(self) -> dict[str, Any]:
        json: dict[str, Any] = {"size": self.size, "mtime_ns": self.mtime_ns, "sha256": self.sha256, "rows": self.rows}
        if self.same_as is not None:
            json["same_as"] = self.same_as
        if self.rejected is not None:
            json["rejected"] = list(self.rejected)
        if self.declared is not None:
            json["declared"] = self.declared
        if self.members is not None:
            json["members"] = self.members
        if self.version is not None:
            json["version"] = self.version
        return json

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> FileMark:
        rejected = json.get("rejected")
        return cls(
            size=json["size"],
            mtime_ns=json["mtime_ns"],
            sha256=json["sha256"],
            rows=json["rows"],
            same_as=json.get("same_as"),
            rejected=(rejected[0], rejected[1]) if rejected else None,
            declared=json.get("declared"),
            members=json.get("members"),
            version=json.get("version"),
        )


@dataclass(frozen=True)
class Position:
    """Where a table stands, or the step that one pull takes.

    Attributes:
        cursor: highest source time (or number) that is safely read, as text of the cursor's type.
        files: the files looked at, by path below the source's folder.
        swept_at: source time of the last comparison of keys.
    """

    cursor: str | None = None
    files: Mapping[str, FileMark] = field(default_factory=dict)
    swept_at: str | None = None

    def after(self, step: Position) -> Position:
        """This position once a pull's step was committed."""
        return Position(
            cursor=step.cursor if step.cursor is not None else self.cursor,
            files={**self.files, **step.files} if step.files else self.files,
            swept_at=step.swept_at if step.swept_at is not None else self.swept_at,
        )

    def to_json(self) -> dict[str, Any]:
        json: dict[str, Any] = {}
        if self.cursor is not None:
            json["cursor"] = self.cursor
        if self.swept_at is not None:
            json["swept_at"] = self.swept_at
        if self.files:
            json["files"] = {path: mark.to_json() for path, mark in self.files.items()}
        return json

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Position:
        files = {path: FileMark.from_json(mark) for path, mark in json.get("files", {}).items()}
        return cls(cursor=json.get("cursor"), files=files, swept_at=json.get("swept_at"))


@dataclass(frozen=True)
class Span:
    """A part of the source's time that a person asked for, whatever was read before: since <= cursor < until, naive UTC.

    Attributes:
        since, until: bounds of the cursor; for files, of their time of last change. None is open.
    """

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, changed_ns: int) -> bool:
        """Whether a file of this time of last change is meant, in nanoseconds since 1970."""
        changed = datetime.fromtimestamp(changed_ns // 1_000_000_000, UTC).replace(tzinfo=None)
        return (self.since is None or self.since <= changed) and (self.until is None or changed < self.until)


@dataclass
class Pull:
    """What becomes one commit; its memory is bounded because its batches are read as they are used.

    Attributes:
        identity: deterministic name of the content: the same content gives the same text.
        batches: the source's own columns plus `_file` and `_row`; text sources give every column as string.
            May raise SourceError while it is read.
        clock: the source's own time as the cursor writes it (naive UTC, or the system's zone for a time without one); a cursor
            more than a day beyond it lies in the future.
        step: what the position gains. Without a cursor, the landing takes the highest one that landed.
        rows_read: the source's own count of records, made apart from the batches; complete after they were read.
        rejects: records that broke their shape; complete after the batches were read.
        overlaps: which rows may have landed before and are then dropped: ``none``, those with a cursor from
            ``window[0]`` on, or any of the ``table``.
        window: the cursor's bounds that were read, for the commit's record.
        notes: what a person should know, such as a file that was re-sent.
        errors: files that were refused whole.
        files_read: rows_read by file; the batches of several files can be read more than once.
        declared: names the declaration under which files are read.
        moves: False for a part that was asked for (`Span`): it lands, and the table stands where it stood, whatever `step` says.
    """

    identity: str
    batches: Iterable[pa.RecordBatch]
    clock: datetime
    step: Position = field(default_factory=Position)
    rows_read: int = 0
    rejects: list[Reject] = field(default_factory=list)
    overlaps: Literal["none", "window", "table"] = "none"
    window: tuple[str | None, str | None] | None = None
    notes: list[str] = field(default_factory=list)
    errors: list[FileRejected] = field(default_factory=list)
    files_read: dict[str, int] = field(default_factory=dict)
    declared: str | None = None
    moves: bool = True

    def refused(self, error: FileRejected) -> Pull:
        """What is left of a pull whose one file turned out bad while it was read: no rows, and the file marked as refused."""
        marks = {
            name: replace(mark, rows=0, rejected=(error.message, error.hint), declared=self.declared)
            for name, mark in self.step.files.items()
        }
        return Pull(self.identity, (), self.clock, Position(files=marks), notes=self.notes, errors=[*self.errors, error], moves=self.moves)

    def without(self, names: Collection[str]) -> Pull:
        """What is left of a pull of files when these wait for a later run, and with them those that repeat their content."""
        waiting = {name for name, mark in self.step.files.items() if name in names or mark.same_as in names}
        kept = {name: mark for name, mark in self.step.files.items() if name not in waiting}
        read = {name: rows for name, rows in self.files_read.items() if name not in waiting}
        return replace(
            self,
            identity=hashlib.sha256("\n".join([self.identity, *sorted(waiting)]).encode()).hexdigest(),
            batches=_without(self.batches, waiting) if read else (),
            step=replace(self.step, files=kept),
            rows_read=sum(read.values()),
            files_read=read,
            rejects=[reject for reject in self.rejects if reject.file not in waiting],
            notes=[note for note in self.notes if not any(note.startswith(f"{name} ") for name in waiting)],
        )


def _without(batches: Iterable[pa.RecordBatch], names: Collection[str]) -> Iterator[pa.RecordBatch]:
    files = pa.array(sorted(names), pa.string())
    for batch in batches:
        yield batch.filter(pc.invert(pc.is_in(batch[FILE], value_set=files)))


@dataclass
class Keys:
    """All keys that a table has now, for finding what was deleted.

    Attributes:
        batches: the key columns, each as string.
        clock: the source's own time as the table's cursor writes it: when the rows are known to be gone.
        max_delete_share: above this share of the known rows the answer is not believed.
    """

    batches: Iterable[pa.RecordBatch]
    clock: datetime
    max_delete_share: float = 0.2


class Source(Protocol):
    """A shop that can be read."""

    name: str
    system: System

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        """What is new since that position; nothing new yields nothing.

        Args:
            span: read what is of this time instead, wherever the table stands; such pulls do not move it.

        Raises:
            SourceError: this table cannot be read; the others may.
        """
        ...

    def keys(self, table: Table, position: Position | None) -> Keys | None:
        """All keys of the table if a comparison is due, else None. Raises SourceError."""
        ...

    def notes(self) -> list[str]:
        """What concerns no single table, such as files that belong to none."""
        ...

    def close(self) -> None:
        """Lets go of connections and snapshots."""
        ...
