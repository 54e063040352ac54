"""What a reader of files gives for one file, and what every such reader checks of the file's columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from fondaco.contracts import Table
from fondaco.errors import did_you_mean
from fondaco.sources.archive import Drop
from fondaco.sources.base import RESERVED, Reject

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
