"""When the lake looked at the shop, told from its commits: what a reader knows depends on the days at whose end it read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from fondaco.sources.demo import events
from fondaco.sources.demo.clock import closing_time

#: Tables of the shop by the kind of event that changes them, or by its first word.
_TABLES = {
    "customer": ("customers",),
    "product": ("products",),
    "seller": ("sellers",),
    "order": ("orders",),
    "order.placed": ("orders", "order_items"),
    "order.line_removed": ("orders", "order_items"),
    "order.refunded": ("orders", "refunds"),
    "payment": ("payments",),
    "parcel": ("shipments",),
    "refund": ("refunds",),
    "rate": ("exchange_rates",),
}


@dataclass(frozen=True)
class Look:
    """One look at one table: up to which time of the shop its rows were read, and when its keys were compared (UTC)."""

    table: str
    rows_until: str | None
    keys_at: str | None


@dataclass(frozen=True)
class Reads:
    """When a reader looked at a table, by the days at whose end it did.

    Attributes:
        rows: it read what had changed.
        keys: it compared keys, which alone tells what was deleted.
    """

    rows: frozenset[date]
    keys: frozenset[date]


def reads_of(looks: Iterable[Look]) -> dict[str, Reads]:
    """The days at whose end each table was read.

    Raises:
        ValueError: a look ended within a day; the diary tells of whole days.
    """
    rows: dict[str, set[date]] = {}
    keys: dict[str, set[date]] = {}
    for look in looks:
        if look.rows_until is not None:
            rows.setdefault(look.table, set()).add(_day(look.rows_until))
        if look.keys_at is not None:
            keys.setdefault(look.table, set()).add(_day(look.keys_at))
    return {table: Reads(frozenset(rows.get(table, ())), frozenset(keys.get(table, ()))) for table in rows.keys() | keys.keys()}


def _day(text: str) -> date:
    """The last day that was over at a time."""
    at = datetime.fromisoformat(text)
    day = at.date() - timedelta(days=1)
    if at > closing_time(day):
        raise ValueError(f"it was read up to {at}, which is within a day")
    return day


def left_unread(path: Path, reads: dict[str, Reads], until: date) -> dict[str, date]:
    """Tables of which something happened after they were last read, up to and with the day `until`; by the last day read."""
    last = {table: max(found.rows | found.keys) for table, found in reads.items()}
    first = min(last.values(), default=until)
    told = (event for event in events.read(path, until=until + timedelta(days=1)) if event.day > first)
    tables = ((table, event.day) for event in told for table in _TABLES.get(event.kind, _TABLES.get(event.kind.partition(".")[0], ())))
    return {table: last.get(table, date.min) for table, day in tables if day > last.get(table, date.min)}
