"""The part of a table that a run reads, by its cursor: from a little before the last one seen up to a little before now.

… seen | overlap … last cursor | new … now - lag | waits … now + 1 day | lies in the future: lands, moves nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

#: A cursor further than this beyond the source's clock lies in the future; the lake draws the same line.
FUTURE = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Bounds of a cursor, for a source that stores it as text (times, days) or as a number.

    Attributes:
        kind: declared type of the cursor.
        low: read from here on, None at first; for a number, the last one seen.
        high: up to here; None for a number, which has no clock.
        future: from here on rows land though they are late in coming.
        separator: what the source writes between day and time.
    """

    kind: str
    low: datetime | int | None
    high: datetime | None
    future: datetime | None
    separator: str

    def condition(self, column: str) -> tuple[str, list[Any]]:
        """SQL for the rows to read: those inside, those in the future, and those whose cursor is none or no text at all."""
        if isinstance(self.low, int):
            return f"({column} >= ? or {column} is null)", [self.low]
        if self.high is None:
            return "true", []
        inside, values = self.inside(column)
        return f"({inside} or {column} > ? or {column} < '' or {column} is null)", [*values, self._text(self.future)]

    def outside(self, column: str) -> tuple[str, list[Any]]:
        """SQL for the rows that wait for a later run."""
        if self.high is None:
            return "false", []
        return f"({column} > ? and {column} <= ?)", [self._text(self.high), self._text(self.future)]

    def inside(self, column: str) -> tuple[str, list[Any]]:
        """SQL for the rows between the bounds."""
        if self.high is None:
            return "true", []
        if self.low is None:
            return f"({column} <= ? and {column} >= '')", [self._text(self.high)]
        # whole seconds: a time written without its fraction must not fall short of the bound
        return f"({column} >= ? and {column} <= ?)", [self._text(self.low).partition(".")[0], self._text(self.high)]

    def text(self) -> tuple[str | None, str | None]:
        """The bounds for the commit's record."""
        return self._recorded(self.low), self._recorded(self.high)

    def canonical(self, value: Any) -> str | None:
        """A cursor as positions write it, None if it is no time."""
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        if self.kind == "bigint":
            return text
        return self._recorded(moment(text))

    def _recorded(self, value: datetime | int | None) -> str | None:
        """A bound or a cursor as commits and positions write it."""
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d}" if self.kind == "date" else f"{value:%Y-%m-%d %H:%M:%S.%f}"
        return None if value is None else str(value)

    def _text(self, value: datetime | int | None) -> str:
        assert isinstance(value, datetime)
        if self.kind == "date":
            return f"{value:%Y-%m-%d}"
        return f"{value:%Y-%m-%d}{self.separator}{value:%H:%M:%S.%f}"


def window_of(kind: str, last: str | None, clock: datetime, lag: timedelta, overlap: timedelta, sample: str) -> Window:
    """The window after the cursor `last`, at the source's time `clock`.

    Args:
        sample: any cursor as the source writes it.
    """
    if kind == "bigint":
        return Window(kind, int(last) if last is not None else None, None, None, " ")
    seen = moment(last) if last is not None else None
    return Window(kind, seen - overlap if seen else None, clock - lag, clock + FUTURE, "T" if sample[10:11] == "T" else " ")


def moment(text: str) -> datetime | None:
    """A time as naive UTC, None if the text is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
