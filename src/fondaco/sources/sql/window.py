"""The part of a table that a run reads, by its cursor: from a little before the last one seen up to a little before now.

… seen | overlap … last cursor | new … now - lag | waits … now + 1 day | lies in the future: lands, moves nothing

A bound is a time in the cursor's own terms: UTC for an instant, the system's zone for a time without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fondaco.sources.base import Span
from fondaco.sources.sql.dialect import FIRST_DAY, CursorKind, literal

#: A cursor further than this beyond the source's clock lies in the future; the lake draws the same line.
FUTURE = timedelta(days=1)
#: Numbers have no clock. A transaction that drew its number early and commits late is found by reading so many numbers again.
NUMBERS_AGAIN = 10_000


@dataclass(frozen=True)
class Terms:
    """How a cursor is written.

    Attributes:
        declared: its declared type.
        zone: IANA zone of a time that carries none.
        separator: what stands between day and time, where it is text.
    """

    kind: CursorKind
    declared: str
    zone: str = "UTC"
    separator: str = " "

    def _is_utc(self) -> bool:
        return self.kind == "instant" or self.declared == "timestamptz" or self.zone == "UTC"

    def here(self, clock: datetime) -> datetime:
        """A naive UTC time as the cursor writes it, without zone."""
        if self._is_utc():
            return clock
        return clock.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def earliest_since(self, cursor: datetime, overlap: timedelta, clock: datetime) -> datetime:
        """The lowest time that a cursor can have that was written from `overlap` before `cursor` on.

        Where clocks were set back since, the hour that was lived twice is read again.
        """
        if self._is_utc():
            return cursor - overlap
        begin = cursor.replace(tzinfo=ZoneInfo(self.zone), fold=0).astimezone(UTC).replace(tzinfo=None) - overlap
        lowest, at = self.here(begin), begin.replace(minute=begin.minute // 15 * 15, second=0, microsecond=0)
        # clocks are set on the quarter of an hour at the finest, and by less than what is looked through
        while (at := at + timedelta(minutes=15)) <= min(clock, begin + timedelta(hours=4)):
            lowest = min(lowest, self.here(at))
        return lowest

    def latest_until(self, clock: datetime) -> datetime:
        """The highest time that a cursor can have that was written up to `clock`.

        Where clocks were set back just before, what was written before that is no row of the future.
        """
        if self._is_utc():
            return clock
        highest, quarter = self.here(clock), clock.replace(minute=clock.minute // 15 * 15, second=0, microsecond=0)
        for back in range(16):
            highest = max(highest, self.here(quarter - timedelta(minutes=15 * back, microseconds=1)))
        return highest


@dataclass(frozen=True)
class Window:
    """Bounds of a cursor.

    Attributes:
        low: read from here on, None at first; for a number, a little before the last one seen.
        high: up to here; None for a number, which has no clock.
        future: from here on rows land though they are late in coming.
        bound: how the source writes a bound in SQL, for any kind but text.
    """

    terms: Terms
    low: datetime | int | None
    high: datetime | None
    future: datetime | None
    bound: Callable[[datetime | int, CursorKind], str]

    def changed(self, column: str, is_nullable: bool) -> str:
        """SQL for the rows to read: those inside, those in the future, and those whose cursor is none."""
        if self.high is None:
            missing = f" or {column} is null" if is_nullable else ""
            return f"({self.inside(column)}{missing})" if self.low is not None else "true"
        assert self.future is not None
        none = [f"{column} < {self._lowest()}"] + ([f"{column} is null"] if is_nullable else [])
        return f"({self.inside(column)} or {column} > {self.sql(self.future)} or {' or '.join(none)})"

    def waits(self, column: str) -> str:
        """SQL for the rows that wait for a later run."""
        if self.high is None or self.future is None:
            return "false"
        return f"({column} > {self.sql(self.high)} and {column} <= {self.sql(self.future)})"

    def inside(self, column: str) -> str:
        """SQL for the rows between the bounds."""
        if self.high is None:
            return "true" if self.low is None else f"{column} >= {self.sql(self.low)}"
        if self.low is None:
            return f"({column} >= {self._lowest()} and {column} <= {self.sql(self.high)})"
        low = self.sql(self.low)
        if self.terms.kind == "text" and isinstance(self.low, datetime):
            # whole seconds: a time written without its fraction must not fall short of the bound
            low = literal(self.written(self.low).partition(".")[0])
        return f"({column} >= {low} and {column} <= {self.sql(self.high)})"

    def text(self) -> tuple[str | None, str | None]:
        """The bounds for the commit's record."""
        return recorded(self.low, self.terms.declared), recorded(self.high, self.terms.declared)

    def _lowest(self) -> str:
        """Below this is no time at all: another type in SQLite, minus infinity or BC in PostgreSQL, a zero date in MySQL."""
        return "''" if self.terms.kind == "text" else self.sql(datetime.fromisoformat(FIRST_DAY))

    def sql(self, value: datetime | int) -> str:
        if self.terms.kind != "text" or isinstance(value, int):
            return self.bound(value, self.terms.kind)
        return literal(self.written(value))

    def written(self, value: datetime) -> str:
        day = f"{value:%Y-%m-%d}"
        return day if self.terms.declared == "date" else f"{day}{self.terms.separator}{value:%H:%M:%S.%f}"


@dataclass(frozen=True)
class Asked:
    """The part of a cursor's time that a person asked for, whatever was read before."""

    window: Window
    since: datetime | None
    until: datetime | None

    def changed(self, column: str, is_nullable: bool) -> str:  # noqa: ARG002 - as Window's
        """SQL for since <= cursor < until."""
        bounds = [f"{column} {sign} {self._sql(at)}" for sign, at in ((">=", self.since), ("<", self.until)) if at is not None]
        return f"({' and '.join(bounds)})" if bounds else "true"

    def _sql(self, at: datetime) -> str:
        at = self.window.terms.here(at)
        # a time that is written without its fraction is no less than the bound
        is_whole = self.window.terms.kind == "text" and at.microsecond == 0
        return literal(self.window.written(at).partition(".")[0]) if is_whole else self.window.sql(at)

    def text(self) -> tuple[str | None, str | None]:
        """The bounds for the commit's record."""
        terms = self.window.terms
        low, high = (None if at is None else recorded(terms.here(at), terms.declared) for at in (self.since, self.until))
        return low, high


def window_of(
    terms: Terms,
    last: str | None,
    clock: datetime,
    lag: timedelta,
    overlap: timedelta,
    bound: Callable[[datetime | int, CursorKind], str],
) -> Window:
    """The window after the cursor `last`, at the source's time `clock` (naive UTC)."""
    if terms.declared == "bigint" or terms.kind == "number":
        return Window(terms, int(last) - NUMBERS_AGAIN if last is not None else None, None, None, bound)
    seen = moment(last) if last is not None else None
    high = terms.latest_until(clock - lag)
    # a clock that was set back dates new rows before what was read
    low = terms.earliest_since(min(seen, high), overlap, clock) if seen else None
    return Window(terms, low, high, terms.here(clock) + FUTURE, bound)


def asked(window: Window, span: Span) -> Asked:
    """The window that a person asked for, in the same terms."""
    return Asked(window, span.since, span.until)


def recorded(value: datetime | int | None, declared: str) -> str | None:
    """A bound or a cursor as commits and positions write it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if declared == "date" else f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return None if value is None else str(value)


def moment(text: str) -> datetime | None:
    """A time as naive UTC, None if the text is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
