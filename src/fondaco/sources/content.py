"""What a reader of files gives for one file, and what every such reader checks of the file's columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fondaco.contracts import Table
from fondaco.errors import did_you_mean
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, RESERVED, ROW, Reject

#: A text file up to this size is held in memory between its two passes; a larger one is read twice.
IN_MEMORY = 64 << 20
#: More undeclared columns than this at once is the wrong file rather than drift.
MAX_NEW_COLUMNS = 200


@dataclass
class Content:
    """The rows of one file.

    Attributes:
        batches: the file's columns plus `_file` and `_row`; may raise FileRejected while it is read.
        rows_read: the file's data records, counted apart from the batches; complete after they were read, as are the next two.
        rejects: the records among them that are no rows.
        notes: what was seen and left as it is.
        nbytes: size of the rows in memory, about.
    """

    batches: Iterator[pa.RecordBatch]
    rows_read: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nbytes: int = 0


class Columns:
    """The columns of a file that names them row by row: the declared ones, and what turns up beside them.

    Attributes:
        declared: the table's columns, by name.
    """

    def __init__(self, drop: Drop, table: Table) -> None:
        self._drop = drop
        self.declared = {column.name: column for column in table.columns}
        self._names = dict.fromkeys(self.declared)

    def admit(self, row: Mapping[str, str | None]) -> None:
        """Takes names that were not seen before as further columns.

        Raises:
            FileRejected: one of them cannot be a column of its own, or they are too many.
        """
        if row.keys() <= self._names.keys():
            return
        lowered = {name.lower() for name in self._names}
        for name in sorted(row.keys() - self._names.keys()):
            if name == "" or name.lower() in RESERVED or name.lower() in lowered:
                raise self._drop.rejected(
                    f"has a key {name!r} that cannot be a column of its own",
                    "name every value, once, by more than case, and not like the lake's columns",
                )
            self._names[name] = None
            lowered.add(name.lower())
        if len(self._names) - len(self.declared) > MAX_NEW_COLUMNS:
            raise self._drop.rejected(
                f"has more than {MAX_NEW_COLUMNS} keys that are not declared", "nest them in one object, or declare them in systems/"
            )

    def batch(self, rows: list[dict[str, str | None]], numbers: list[int]) -> pa.RecordBatch:
        """The rows with all columns that are known by now, and their places in the file."""
        columns: dict[str, Any] = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in self._names}
        columns[FILE] = pa.repeat(pa.scalar(self._drop.name), len(rows))
        columns[ROW] = pa.array(numbers, pa.int64())
        return pa.RecordBatch.from_pydict(columns)


def without_zero_bytes(drop: Drop, batch: pa.RecordBatch, names: list[str], content: Content) -> pa.RecordBatch:
    """Rejects the rows whose texts hold a zero byte, which no warehouse stores."""
    bad: Any = pa.repeat(pa.scalar(False), batch.num_rows)
    for name in names:
        found: Any = pc.match_substring(batch[name], "\0")
        bad = pc.or_(bad, pc.fill_null(found, False))
    if not pc.any(bad).as_py():
        return batch
    for row in batch.filter(bad).to_pylist():
        raw = {name: row[name] for name in names}
        column = next(name for name in names if "\0" in (row[name] or ""))
        content.rejects.append(Reject(drop.name, row[ROW], "zero_byte", column, json.dumps(raw, ensure_ascii=False), "holds a zero byte"))
    return batch.filter(pc.invert(bad))


def check_columns(drop: Drop, found: list[str], table: Table) -> None:
    """Holds a file's columns against the declared ones: all of them must be there, in any order and exact case.

    A file that lost a column is refused even where the column may be NULL: NULLs in place of what was there would be taken
    for changes. Only a column declared as optional may be missing.

    Raises:
        FileRejected: a column is missing, unnamed, there twice, or named like one of the lake's own.
    """
    declared = [column.name for column in table.columns]
    extra = [name for name in found if name not in declared]
    if missing := [column.name for column in table.columns if column.name not in found and not column.optional]:
        others = f", nor {', '.join(map(repr, missing[1:4]))}" if len(missing) > 1 else ""
        raise drop.rejected(
            f"has no column {missing[0]!r}{_guess(missing[0], extra)}{others}",
            f"send it again with that column, or change the columns of {table.name} in systems/",
        )
    lowered = [name.lower() for name in found]
    if twice := next((name for name in found if lowered.count(name.lower()) > 1), None):
        raise drop.rejected(f"has the column {twice!r} twice (names must differ by more than case)", "name each column once")
    if "" in found:
        raise drop.rejected(f"has no name for column {found.index('') + 1}", "give every column a name")
    if taken := next((name for name in lowered if name in RESERVED), None):
        raise drop.rejected(f"has a column {taken!r}, a name that the lake keeps for itself", "rename it")
    if len(extra) > MAX_NEW_COLUMNS:
        raise drop.rejected(
            f"has {len(extra):,} columns that are not declared",
            f"more than {MAX_NEW_COLUMNS} at once are taken for the wrong file; declare them in systems/",
        )


def _guess(missing: str, extra: list[str]) -> str:
    same = next((name for name in extra if name.lower().strip() == missing.lower()), None)
    return f" (did you mean {same!r}?)" if same is not None else did_you_mean(missing, extra).replace("did you mean", "was it renamed to")
