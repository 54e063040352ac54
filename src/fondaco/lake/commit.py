"""One commit: what a batch brought, as a value and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from fondaco.errors import LakeError
from fondaco.sources.base import Position

FORMAT = 1


@dataclass(frozen=True)
class DataFile:
    """An immutable Parquet file.

    Attributes:
        path: relative to the lake.
        rows: rows in it.
        bytes: its size.
        sha256: of its bytes.
    """

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Commit:
    """A batch that counts. rows_read = rows_landed + rows_quarantined + rows_known, always.

    Attributes:
        number: place in the log, from 1 without gaps.
        committed_at: ISO 8601, UTC.
        kind: ``land`` brings rows of the source, ``sweep`` the deletes that a comparison of keys found.
        columns: the table's own columns as landed, (name, DuckDB type).
        rows_known: read but dropped, because the same version had landed before.
        cursor_min, cursor_max: of the rows that landed, as text; cursor_nulls counts the rows without one.
        window: bounds of the cursor that were read, None where a source has none.
        step: what the table's position gained.
        bad: quarantined rows by reason.
    """

    number: int
    batch_id: str
    source: str
    system: str
    table: str
    committed_at: str
    kind: Literal["land", "sweep"]
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

    def data_paths(self) -> list[str]:
        """Every file that this commit makes count."""
        return [file.path for file in self.files] + ([self.quarantine.path] if self.quarantine else [])

    def to_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["files"] = [asdict(file) for file in self.files]
        values["quarantine"] = asdict(self.quarantine) if self.quarantine else None
        values["step"] = self.step.to_json()
        values["bad"] = dict(self.bad)
        return {"format": FORMAT, **values}

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
            quarantine, window = values["quarantine"], values["window"]
            return cls(
                **{
                    **values,
                    "files": tuple(DataFile(**file) for file in values["files"]),
                    "columns": tuple((name, kind) for name, kind in values["columns"]),
                    "quarantine": DataFile(**quarantine) if quarantine else None,
                    "window": (window[0], window[1]) if window else None,
                    "step": Position.from_json(values["step"]),
                    "notes": tuple(values["notes"]),
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(
                "a commit cannot be read", where=where, hint="restore the file from a backup; nothing is read past it"
            ) from error


def schema_hash(columns: tuple[tuple[str, str], ...]) -> str:
    """Names a table's shape: the same columns of the same types, in any order, have the same name."""
    return hashlib.sha256(json.dumps(sorted(columns)).encode()).hexdigest()[:16]
