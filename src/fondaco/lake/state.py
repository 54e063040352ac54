"""Where every table stands, for people and other tools: derived from the log, so that losing it loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fondaco.lake.commit import Commit
from fondaco.sources.base import Position

FORMAT = 2


@dataclass(frozen=True)
class TableState:
    """Where one table of one source stands.

    Attributes:
        last_ingested_at: highest source timestamp that is safely in the lake; None for a table without a cursor.
        position: how far the source was read, in full.
        batch_id, commit, committed_at: of the last commit that read the source.
        rows: rows that landed, in total (versions and tombstones).
        rows_quarantined: rows that lie in quarantine.
        rows_dropped: rows that lay there and were taken off the list.
        rewound: number of the last commit that moved the position back, 0 if none did.
        schema_hash: shape of the last batch that had rows.
    """

    source: str
    system: str
    table: str
    last_ingested_at: str | None
    position: Position
    batch_id: str
    commit: int
    committed_at: str
    rows: int
    rows_quarantined: int
    schema_hash: str
    rows_dropped: int = 0
    rewound: int = 0

    def to_json(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "position": self.position.to_json()}


@dataclass(frozen=True)
class State:
    """All tables after commit number `commit` (0: nothing yet), by (source, table)."""

    commit: int = 0
    batch_id: str = ""
    tables: Mapping[tuple[str, str], TableState] = field(default_factory=dict)

    def after(self, commits: Iterable[Commit]) -> State:
        """This state once the commits that follow it are counted in."""
        tables, last, batch = dict(self.tables), self.commit, self.batch_id
        for commit in commits:
            key = (commit.source, commit.table)
            tables[key] = _table_after(tables.get(key), commit)
            last, batch = commit.number, commit.batch_id
        return State(last, batch, tables)

    def encode(self) -> bytes:
        tables = {f"{source}.{table}": state.to_json() for (source, table), state in sorted(self.tables.items())}
        document = {"format": FORMAT, "commit": self.commit, "batch_id": self.batch_id, "tables": tables}
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> State | None:
        """Reads what `encode` wrote; None if it is broken or of another format, and the log must be asked."""
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                return None
            tables = [
                TableState(**{**values, "position": Position.from_json(values["position"])}) for values in document["tables"].values()
            ]
            return cls(document["commit"], document["batch_id"], {(table.source, table.table): table for table in tables})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def _table_after(before: TableState | None, commit: Commit) -> TableState:
    before = before or TableState(commit.source, commit.system, commit.table, None, Position(), "", 0, "", 0, 0, commit.schema_hash)
    position = commit.position if commit.position is not None else before.position.after(commit.step)
    # a row that is replayed or dropped was counted when it was put aside
    aside = commit.rows_quarantined - (commit.rows_read if commit.kind == "replay" else commit.rows_dropped)
    after = replace(
        before,
        system=commit.system,
        last_ingested_at=position.cursor,
        position=position,
        rows=before.rows + commit.rows_landed,
        rows_quarantined=before.rows_quarantined + aside,
        rows_dropped=before.rows_dropped + commit.rows_dropped,
        rewound=commit.number if commit.position is not None else before.rewound,
        schema_hash=commit.schema_hash if commit.files and commit.kind not in ("compact", "erase") else before.schema_hash,
    )
    if commit.kind not in ("land", "sweep"):
        return after
    return replace(after, batch_id=commit.batch_id, commit=commit.number, committed_at=commit.committed_at)
