"""The shop's diary: what happened, written in the same transaction as the day, read by the truth alone.

Kinds and their payload (``at`` is the UTC timestamp text; amounts are minor units):
    <entity>.created   key, at, row              entity: customer, product, seller
    <entity>.changed   key, at, values           only the columns that were written
    <entity>.touched   key, at                   updated_at moved, nothing else
    <entity>.deleted   key, at
    order.placed       id, at, placed_at, customer_id, email, is_test, channel, country, currency, coupon, shipping, shipping_tax, discount,
                       lines
    order.status       id, at, status
    order.cancelled    id, at                    also sets the status
    order.changed      id, at, values           a mended column that no amount depends on
    order.line_removed id, at, item
    order.refunded     id, at, refund, item (or None), quantity, goods, shipping, tax, reason
    payment.made       key, at, row                an attempt; row without updated_at
    payment.changed    key, at, values
    parcel.made        key, at, row                a parcel that leaves
    parcel.changed     key, at, values
    refund.changed     key, at, values            a mended column that no amount depends on
    rate.published     currency, day, rate
    dirt               table, key, column, value, reason
    schema.changed     table, column
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened on one day of the shop's life, UTC."""

    day: date
    kind: str
    payload: dict[str, Any]


def append(connection: sqlite3.Connection, day: date, told: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Writes the events of one day, in the order in which they happened."""
    dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = ((day.isoformat(), number, kind, dumps(payload)) for number, (kind, payload) in enumerate(told, start=1))
    connection.executemany("INSERT INTO _events VALUES (?, ?, ?, ?)", rows)


def read(path: Path, *, until: date | None = None) -> Iterator[Event]:
    """The events of the shop in ``path`` in the order in which they happened, up to and without the day ``until``."""
    end = until.isoformat() if until else "9999-12-31"
    # not mode=ro: after a kill the first one to read must be allowed to roll the unfinished day back
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
        for day, kind, payload in connection.execute("SELECT day, kind, payload FROM _events WHERE day < ? ORDER BY day, seq", (end,)):
            yield Event(date.fromisoformat(day), kind, json.loads(payload))
