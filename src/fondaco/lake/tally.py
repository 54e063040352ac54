"""What was counted in a batch so far."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Rows and faults by file, and the cursor's range among the rows that land.

    Attributes:
        rows: rows read, by file (None: a database); rows that were known before are among them.
        bad: rows to be quarantined, by file and reason.
        cursor_safe: the highest cursor that does not lie in the future, of rows that land or had landed.
        cursor_nulls, cursor_future: landed rows without a cursor, and with one in the future.
        future_rows: the first of the latter, as ``file, row N``.
    """

    rows: dict[str | None, int] = field(default_factory=dict)
    bad: dict[str | None, dict[str, int]] = field(default_factory=dict)
    landed: int = 0
    known: int = 0
    cursor_min: str | None = None
    cursor_max: str | None = None
    cursor_safe: str | None = None
    cursor_nulls: int = 0
    cursor_future: int = 0
    future_rows: list[str] = field(default_factory=list)

    def quarantined(self) -> int:
        return sum(sum(reasons.values()) for reasons in self.bad.values())

    def reasons(self) -> dict[str, int]:
        """Quarantined rows by reason, the most frequent first."""
        total = dict[str, int]()
        for reasons in self.bad.values():
            for reason, rows in reasons.items():
                total[reason] = total.get(reason, 0) + rows
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def add_cursor(self, kind: str, low: str | None, high: str | None, safe: str | None, nulls: int, future: int) -> None:
        """Widens the cursor's range by that of one more piece."""
        self.cursor_min = least_cursor(kind, self.cursor_min, low)
        self.cursor_max = greatest_cursor(kind, self.cursor_max, high)
        self.cursor_safe = greatest_cursor(kind, self.cursor_safe, safe)
        self.cursor_nulls += nulls
        self.cursor_future += future

    def add_cursor_known(self, kind: str, safe: str | None) -> None:
        """Counts in the highest cursor of rows that had landed before."""
        self.cursor_safe = greatest_cursor(kind, self.cursor_safe, safe)


def greatest_cursor(kind: str, *cursors: str | None) -> str | None:
    """The highest of some cursors as text, None if there is none."""
    return max((cursor for cursor in cursors if cursor is not None), key=lambda text: _order(kind, text), default=None)


def least_cursor(kind: str, *cursors: str | None) -> str | None:
    """The lowest of some cursors as text, None if there is none."""
    return min((cursor for cursor in cursors if cursor is not None), key=lambda text: _order(kind, text), default=None)


def _order(kind: str, text: str) -> tuple[float | int, str]:
    """Numbers sort as numbers; times are written so that their text sorts."""
    return (int(text), "") if kind == "bigint" else (0, text)
