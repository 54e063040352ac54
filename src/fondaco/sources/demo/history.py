"""The truth about versions: what every customer, product and seller was, from when to when, replayed from the diary.

A shop keeps the present only; how much of the past a reader can know depends on when it reads. So the same diary has several
true histories: of a reader who sees every change, of one who reads at the end of each day, of one who reads on a few days only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from fondaco.sources.demo.clock import closing_time, stamp
from fondaco.sources.demo.events import Event


@dataclass(frozen=True)
class Version:
    """One version of one member; intervals are half-open and a member's versions have no gap between them.

    Attributes:
        number: 1 for the first version that the reader could see.
        observed_from: UTC text; the source's ``updated_at`` of the write that made it, or the shop's clock for a deletion.
        valid_to: start of the next version; None for the last.
        values: the columns of the row, without ``updated_at``; of a deleted member, those that it had last.
    """

    key: int | str
    number: int
    observed_from: str
    valid_to: str | None
    is_deleted: bool
    values: Mapping[str, Any]


@dataclass
class _Member:
    """A row as the replay has it: ``values`` is None while it does not exist."""

    values: dict[str, Any] | None = None
    updated_at: str = ""


def versions(
    events: Iterable[Event], entity: str, *, reads: Collection[date] | None = None, compared: Collection[date] | None = None
) -> list[Version]:
    """Every version of every member of ``entity`` (customer, product, seller), ordered by key and number.

    Args:
        reads: the days at whose end the reader reads, so that it sees the last state of each; None for a reader who sees every change.
        compared: the days at whose end it also compares keys and so sees what was deleted; None for whenever it reads.
    """
    members: dict[int | str, _Member] = {}
    seen: dict[int | str, list[Version]] = {}
    unread: dict[int | str, None] = {}
    for day, happened in groupby(events, key=lambda event: event.day):
        for event in happened:
            if not event.kind.startswith(f"{entity}."):
                continue
            key = event.payload["key"]
            member = members.setdefault(key, _Member())
            _apply(member, event)
            unread[key] = None
            if reads is None:
                _observe(seen, key, member, day)
        if reads is not None:
            looks = day in reads, day in (reads if compared is None else compared)
            for key in [key for key in unread if looks[members[key].values is None]]:
                _observe(seen, key, members[key], day)
                del unread[key]
    return [version for key in sorted(seen, key=lambda key: (isinstance(key, str), key)) for version in seen[key]]


def _apply(member: _Member, event: Event) -> None:
    what = event.kind.partition(".")[2]
    member.updated_at = event.payload["at"]
    if what == "created":
        member.values = event.payload["row"]
    elif what == "changed":
        if member.values is None:
            raise ValueError(f"{event.kind} of {event.payload['key']} on {event.day}, which does not exist")
        member.values = {**member.values, **event.payload["values"]}
    elif what == "deleted":
        member.values = None


def _observe(seen: dict[int | str, list[Version]], key: int | str, member: _Member, day: date) -> None:
    """The reader sees the row as it is; a new version begins where that differs from what the reader knew."""
    known = seen.get(key, [])
    last = known[-1] if known else None
    if member.values is None:
        if last is None or last.is_deleted:
            return  # came and went between two readings, or is known to be gone
        start, values = stamp(closing_time(day)), last.values
    elif last is not None and not last.is_deleted and last.values == member.values:
        return
    else:
        start, values = member.updated_at, member.values
    if last is not None:
        known[-1] = replace(last, valid_to=start)
    seen.setdefault(key, known).append(Version(key, len(known) + 1, start, None, member.values is None, values))
