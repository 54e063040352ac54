"""One commit: what a batch brought, as a value and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from fondaco.errors import LakeError
from fondaco.sources.base import Position

#: 2: operations on the lake; 3: rows in which persons were forgotten. A commit is written in the oldest format that can say it, so that
#: an older fondaco reads it.
FORMAT = 3
#: How a whole commit ends; one that was cut off does not.
END = b"}\n"

Kind = Literal["land", "sweep", "rewind", "replay", "drop", "compact", "erase"]


@dataclass(frozen=True)
class DataFile:
    """An immutable Parquet file.

    Attributes:
        path: relative to the lake.
        rows: rows in it.
        bytes: its size.
        sha256: of its bytes.
        batches: first and last commit number whose rows are in it; None: the commit's own alone.
        erased: how many of its rows are of persons who were forgotten: such a file has a column more, `_erased`.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    batches: tuple[int, int] | None = None
    erased: int = 0

    def to_json(self) -> dict[str, Any]:
        json = asdict(self)
        if self.batches is None:
            del json["batches"]
        if not self.erased:
            del json["erased"]
        return json

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> DataFile:
        first_last = json.get("batches")
        return cls(**{**json, "batches": (first_last[0], first_last[1]) if first_last else None})


@dataclass(frozen=True)
class Commit:
    """A batch that counts. rows_read = rows_landed + rows_quarantined + rows_known, always.

    Attributes:
        number: place in the log, from 1 without gaps.
        committed_at: ISO 8601, UTC.
        kind: ``land`` brings rows of the source, ``sweep`` the deletes that a comparison of keys found, ``replay`` rows that were
            quarantined and are good by today's declarations, ``drop`` takes quarantined rows off the list, ``rewind`` moves the
            position back, ``compact`` writes files anew as fewer ones, ``erase`` writes files anew without what told of a person.
        columns: the table's own columns as landed, (name, DuckDB type).
        rows_known: read but dropped, because the same version had landed before.
        cursor_min, cursor_max: of the rows that landed, as text; cursor_nulls counts the rows without one.
        window: bounds of the cursor that were read, None where a source has none.
        step: what the table's position gained.
        bad: quarantined rows by reason.
        replaces: files of earlier commits that count no more: this commit's stand in their place.
        position: where the table stands from now on, in place of what the step gains.
        rows_dropped: quarantined rows that were taken off the list.
        replays: the batch whose quarantined rows these are, where rows are named by their file and share that batch's fate.
    """

    number: int
    batch_id: str
    source: str
    system: str
    table: str
    committed_at: str
    kind: Kind
    files: tuple[DataFile, ...]
    columns: tuple[tuple[str, str], ...]
    schema_hash: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_known: int
    cursor_min: str | None
    cursor_max: str | None
    cursor_nulls: int
    window: tuple[str | None, str | None] | None
    step: Position
    notes: tuple[str, ...] = ()
    quarantine: DataFile | None = None
    bad: Mapping[str, int] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    position: Position | None = None
    rows_dropped: int = 0
    replays: str | None = None

    @classmethod
    def operation(cls, kind: Kind, number: int, batch: str, at: datetime, owner: tuple[str, str, str], **what: Any) -> Commit:
        """A commit that reads no source.

        Args:
            at: when, naive UTC.
            owner: source, system and table.
            what: all that it says beyond nothing.
        """
        columns = what.pop("columns", ())
        nothing: dict[str, Any] = {
            **dict.fromkeys(("rows_read", "rows_landed", "rows_quarantined", "rows_known", "cursor_nulls"), 0),
            **dict.fromkeys(("cursor_min", "cursor_max", "window")),
            "files": (),
            "step": Position(),
        }
        source, system, table = owner
        return cls(
            number=number,
            batch_id=batch,
            source=source,
            system=system,
            table=table,
            committed_at=at.isoformat(timespec="microseconds") + "Z",
            kind=kind,
            columns=columns,
            schema_hash=schema_hash(columns),
            **{**nothing, **what},
        )

    def reaches(self, low: str) -> bool:
        """Whether it may hold rows that a window from `low` on reads again: of that time, and those whose time is none, which always are.

        A time that is none is NULL or MySQL's zero date, which sorts before every time. Whole seconds: a text may lack its fraction.
        """
        has_none = self.cursor_nulls > 0 or (self.cursor_min is not None and self.cursor_min < "0001")
        return has_none or (self.cursor_max is not None and self.cursor_max[:19] >= low[:19])

    def data_paths(self) -> list[str]:
        """Every file that this commit makes count."""
        return [file.path for file in self.files] + ([self.quarantine.path] if self.quarantine else [])

    def with_files(self, files: tuple[DataFile, ...], quarantine: DataFile | None = None) -> Commit:
        """This commit with the files that it makes count."""
        return replace(self, files=files, quarantine=quarantine)

    def without(self, paths: Collection[str]) -> Commit:
        """This commit less the files of these paths."""
        if not any(path in paths for path in self.data_paths()):
            return self
        quarantine = self.quarantine if self.quarantine and self.quarantine.path not in paths else None
        return replace(self, files=tuple(file for file in self.files if file.path not in paths), quarantine=quarantine)

    def to_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _SINCE_2}
        values["files"] = [file.to_json() for file in self.files]
        values["quarantine"] = self.quarantine.to_json() if self.quarantine else None
        values["step"] = self.step.to_json()
        values["bad"] = dict(self.bad)
        said = {name: getattr(self, name) for name in _SINCE_2 if getattr(self, name)}
        if self.position is not None:
            said["position"] = self.position.to_json()
        is_old = not said and self.kind in ("land", "sweep")
        is_new = self.kind == "erase" or any(file.erased for file in self.files)
        return {"format": 3 if is_new else 1 if is_old else 2, **values, **said}

    def encode(self) -> bytes:
        """One line of JSON."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes, where: str) -> Commit:
        """Reads what `encode` wrote.

        Raises:
            LakeError: the text is cut off, no commit, or of a later format.
        """
        try:
            values = json.loads(data)
            version = values.pop("format")
            if version > FORMAT:
                raise LakeError(
                    f"the commit has format {version}, newer than this fondaco reads ({FORMAT})", where=where, hint="update fondaco"
                )
            quarantine, window, position = values["quarantine"], values["window"], values.get("position")
            return cls(
                **{
                    **values,
                    "files": tuple(DataFile.from_json(file) for file in values["files"]),
                    "columns": tuple((name, kind) for name, kind in values["columns"]),
                    "quarantine": DataFile.from_json(quarantine) if quarantine else None,
                    "window": (window[0], window[1]) if window else None,
                    "step": Position.from_json(values["step"]),
                    "notes": tuple(values["notes"]),
                    "replaces": tuple(values.get("replaces", ())),
                    "position": Position.from_json(position) if position is not None else None,
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(
                "a commit cannot be read", where=where, hint="restore the file from a backup; nothing is read past it"
            ) from error


#: What format 1 did not know.
_SINCE_2 = ("replaces", "position", "rows_dropped", "replays")


def schema_hash(columns: tuple[tuple[str, str], ...]) -> str:
    """Names a table's shape: the same columns of the same types, in any order, have the same name."""
    return hashlib.sha256(json.dumps(sorted(columns)).encode()).hexdigest()[:16]
