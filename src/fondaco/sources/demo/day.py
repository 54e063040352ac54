"""One day of the shop: what is to happen, in the order of the clock, and the rows that it leaves at day's end."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from fondaco.sources.demo import chance, events, schema
from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.schema import Row

if TYPE_CHECKING:
    from fondaco.sources.demo.basket import Assortment

Key = int | str | tuple[str, str]


@dataclass
class Shop:
    """What must be in memory from one day to the next; all of it can be read back from the tables.

    Attributes:
        size: customers who sign up in ``demand.SPAN`` days.
        rates: EUR for one unit, by currency and day.
        counters: last number given out, by kind of number.
    """

    seed: int
    size: int
    start: date
    customers: dict[int, Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    sellers: dict[int, Row] = field(default_factory=dict)
    rates: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def next_id(self, kind: str) -> int:
        """The next number of its kind, from 1."""
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]


@dataclass
class Day:
    """A day being lived. Steps run in the order of (time, planning); a step may plan more, for today or for later.

    ``put``, ``change``, ``touch`` and ``drop`` note what a row will be at day's end; nothing reaches SQLite before ``write``.

    Attributes:
        told: the day's lines in the diary.
        placed: numbers of the orders placed so far.
        assortment: what can be bought today; made by the first order.
    """

    shop: Shop
    date: date
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)
    assortment: Assortment | None = None
    _queue: list[tuple[str, int, str, dict[str, Any]]] = field(default_factory=list)
    _later: list[tuple[str, str, int, str, str]] = field(default_factory=list)
    _new: dict[str, dict[Key, Row]] = field(default_factory=lambda: defaultdict(dict))
    _changed: dict[str, dict[Key, Row]] = field(default_factory=lambda: defaultdict(dict))
    _gone: dict[str, list[Key]] = field(default_factory=lambda: defaultdict(list))

    @property
    def number(self) -> int:
        """0 on the shop's first day."""
        return (self.date - self.shop.start).days

    @property
    def last_moment(self) -> datetime:
        """The last microsecond of the day, when the nightly jobs write."""
        return datetime.combine(self.date + timedelta(days=1), datetime.min.time()) - timedelta(microseconds=1)

    def rng(self, *names: object) -> Random:
        """Chance of this day, apart for each name."""
        return chance.rng(self.shop.seed, self.date, *names)

    def plan(self, at: datetime, kind: str, payload: dict[str, Any]) -> None:
        """Lets a step happen at ``at``: today if that is today, else on its day. Times gone by happen at the first moment of today."""
        sequence = self.shop.next_id("step")
        if at.date() > self.date:
            dumped = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
            self._later.append((at.date().isoformat(), stamp(at), sequence, kind, dumped))
        else:
            heapq.heappush(self._queue, (stamp(at), sequence, kind, payload))

    def run(self, connection: sqlite3.Connection, steps: dict[str, Callable[[Day, str, dict[str, Any]], None]]) -> None:
        """Takes the day's page of the agenda and lets everything happen."""
        due = connection.execute("SELECT at, seq, kind, payload FROM _agenda WHERE day = ?", (self.date.isoformat(),))
        self._queue.extend((at, sequence, kind, json.loads(payload)) for at, sequence, kind, payload in due)
        heapq.heapify(self._queue)
        while self._queue:
            at, _, kind, payload = heapq.heappop(self._queue)
            steps[kind](self, at, payload)

    def tell(self, kind: str, **payload: Any) -> None:
        """Notes in the diary what happened."""
        self.told.append((kind, payload))

    def put(self, table: str, row: Row) -> None:
        """A new row."""
        self._new[table][_key(table, row)] = row

    def change(self, table: str, key: Key, values: Row) -> None:
        """Writes some columns of a row."""
        if key in self._new[table]:
            self._new[table][key].update(values)
        else:
            self._changed[table].setdefault(key, {}).update(values)

    def touch(self, table: str, key: Key, at: str) -> None:
        """An update that changes nothing but ``updated_at``."""
        self.change(table, key, {"updated_at": at})

    def drop(self, table: str, key: Key) -> None:
        """Deletes a row for good."""
        self._changed[table].pop(key, None)
        if self._new[table].pop(key, None) is None:
            self._gone[table].append(key)

    def write(self, connection: sqlite3.Connection) -> None:
        """Brings the day's rows, diary and plans to SQLite, inside the caller's transaction."""
        for table in schema.TABLES:
            where = " AND ".join(f"{column} = ?" for column in schema.KEYS[table])
            for columns, rows in _by_columns(self._new[table]):
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(row.values()) for _, row in rows])
            for columns, rows in _by_columns(self._changed[table]):
                sets = ", ".join(f"{column} = ?" for column in columns)
                values = [(*row.values(), *_parts(key)) for key, row in rows]
                connection.executemany(f"UPDATE {table} SET {sets} WHERE {where}", values)
            connection.executemany(f"DELETE FROM {table} WHERE {where}", [_parts(key) for key in self._gone[table]])
        connection.execute("DELETE FROM _agenda WHERE day = ?", (self.date.isoformat(),))
        connection.executemany("INSERT INTO _agenda VALUES (?, ?, ?, ?, ?)", self._later)
        events.append(connection, self.date, self.told)


def _key(table: str, row: Row) -> Key:
    names = schema.KEYS[table]
    return row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)


def _parts(key: Key) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _by_columns(rows: dict[Key, Row]) -> list[tuple[tuple[str, ...], list[tuple[Key, Row]]]]:
    """Rows with the same columns in the same order together, as one statement writes them."""
    groups: dict[tuple[str, ...], list[tuple[Key, Row]]] = {}
    for key, row in rows.items():
        groups.setdefault(tuple(row), []).append((key, row))
    return list(groups.items())
