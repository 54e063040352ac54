"""What is done about bad rows and changed columns: settings, as the lake needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from fondaco.errors import BatchStopped

#: A share says little about a handful of rows: below this many rows of a file (or of a database's batch) it stops nothing.
SHARE_FROM_ROWS = 100


class Quality(Protocol):
    """The settings under `quality:` in fondaco.yml."""

    @property
    def on_bad_row(self) -> Literal["quarantine", "stop"]: ...
    @property
    def max_bad_share(self) -> Decimal: ...
    @property
    def on_new_column(self) -> Literal["add", "ignore", "stop"]: ...
    @property
    def on_type_change(self) -> Literal["quarantine", "stop"]: ...


@dataclass(frozen=True)
class DefaultQuality:
    """Quarantine what is bad, add what is new, and stop above one bad row in a hundred."""

    on_bad_row: Literal["quarantine", "stop"] = "quarantine"
    max_bad_share: Decimal = Decimal("0.01")
    on_new_column: Literal["add", "ignore", "stop"] = "add"
    on_type_change: Literal["quarantine", "stop"] = "quarantine"


class FilesTooBad(BatchStopped):
    """Some files of a batch hold too many bad rows; the others could land without them.

    Attributes:
        files: what is to be said of each, by its name.
    """

    def __init__(self, files: Mapping[str, BatchStopped]) -> None:
        first = next(iter(files.values()))
        super().__init__(first.message, where=first.where, hint=first.hint)
        self.files = files


def check_share(quality: Quality, table: str, rows: Mapping[str | None, int], bad: Mapping[str | None, Mapping[str, int]]) -> None:
    """Stops what is too bad. Each file is judged by itself, so it does not matter which files land together.

    Args:
        rows: rows read, by file (None: a database).
        bad: rows to be quarantined, by file and reason.

    Raises:
        FilesTooBad: files with too many bad rows.
        BatchStopped: a bad row where none is allowed, or too many from a database.
    """
    held = dict[str, BatchStopped]()
    for file, reasons in bad.items():
        count, total = sum(reasons.values()), rows[file]
        worst, times = max(reasons.items(), key=lambda item: (item[1], item[0]))
        place = f"{table}: {file}" if file is not None else table
        said = f"{count:,} of {total:,} rows are bad ({count / total:.1%}), most often {worst} ({times:,})"
        if count and quality.on_bad_row == "stop":
            raise BatchStopped(
                f"{place}: {said}; nothing was landed", hint="mend them at the source, or set quality.on_bad_row: quarantine"
            )
        if total >= SHARE_FROM_ROWS and Decimal(count) > quality.max_bad_share * total:
            error = BatchStopped(
                f"{place}: {said}, more than quality.max_bad_share allows ({quality.max_bad_share:.1%}); nothing was landed",
                hint="mend it at the source, or raise quality.max_bad_share if these rows may be missing",
            )
            if file is None:
                raise error
            held[file] = error
    if held:
        raise FilesTooBad(held)
