"""The shop's life: day by day, one SQLite transaction each, so that whatever interrupts it leaves whole days.

What a day brings follows from the seed, the day and the tables as the day before left them; so living a year at once or in
any number of steps comes to the same rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fondaco.errors import ConfigError, LockedError, SourceError
from fondaco.sources.demo import buyers, catalogue, course, dirt, people, rates, schema, sellers, trade
from fondaco.sources.demo.clock import closing_time, stamp
from fondaco.sources.demo.day import Day, Shop
from fondaco.sources.demo.schema import Row

_STEPS: dict[str, Callable[[Day, str, dict[str, Any]], None]] = {
    **people.STEPS,
    **catalogue.STEPS,
    **sellers.STEPS,
    **trade.STEPS,
    **course.STEPS,
    **dirt.STEPS,
}


#: Seconds to wait for a reader who is in the middle of reading.
_PATIENCE = 30.0


@dataclass(frozen=True)
class LiveReport:
    """What a call of ``live`` did.

    Attributes:
        days: whole days lived in this call; 0 if the shop had lived them before.
        until: the first day not lived yet.
        rows: rows in the shop's tables now, by table.
    """

    days: int
    until: date
    rows: dict[str, int]


def live(path: Path, *, seed: int, customers: int, start: date, until: date, each_day: Callable[[date], None] | None = None) -> LiveReport:
    """Creates the shop in ``path`` if it is missing, and lets it live up to and without the day ``until``.

    Args:
        seed: of everything random.
        customers: how many sign up in a year and a half; everything else goes with it.
        start: first day of the shop's life.
        each_day: called after each day that was lived, for progress.

    Raises:
        ConfigError: the file holds a shop of another seed, size or first day.
        LockedError: somebody else lets the same shop live.
        SourceError: the file is no shop, or cannot be written.
    """
    lived = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)) as connection:
            # a killed process loses nothing that it has written; only a power cut could, and a simulated shop can be made again
            connection.execute("PRAGMA synchronous = OFF")
            _create_if_missing(connection, seed, customers, start)
            shop, day = _load(connection, path, seed, customers, start)
            while day < until:
                with _transaction(connection):
                    if _state(connection, "next_day") != day.isoformat():
                        raise _locked(path)  # somebody else has lived the day since this process looked
                    _live_one_day(connection, shop, day)
                if each_day is not None:
                    each_day(day)
                day += timedelta(days=1)
                lived += 1
            return LiveReport(lived, day, _count(connection))
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise _locked(path) from error
        hint = "check that the folder can be written and has room; a file that is no shop may be deleted, and the shop is made anew"
        raise SourceError(f"the simulated shop cannot be read or written: {error}", where=str(path), hint=hint) from error


def shop_clock(path: Path) -> datetime:
    """The shop's own time, naive UTC: a few minutes after the midnight that ended its last whole day.

    Raises:
        SourceError: there is no such shop.
    """
    try:
        # not mode=ro: after a kill the first one to read must be allowed to roll the unfinished day back
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            (now,) = connection.execute("SELECT now FROM shop_clock").fetchone()
    except sqlite3.Error as error:
        raise SourceError(f"the simulated shop has no clock: {error}", where=str(path)) from error
    return datetime.fromisoformat(now)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create_if_missing(connection: sqlite3.Connection, seed: int, customers: int, start: date) -> None:
    with _transaction(connection):
        if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            return
        schema.create(connection)
        connection.execute("INSERT INTO shop_clock VALUES (?)", (stamp(datetime.combine(start, time())),))
        state = {"seed": seed, "customers": customers, "start": start.isoformat(), "next_day": start.isoformat(), "counters": {}}
        connection.executemany("INSERT INTO _state VALUES (?, ?)", [(name, json.dumps(value)) for name, value in state.items()])


def _load(connection: sqlite3.Connection, path: Path, seed: int, customers: int, start: date) -> tuple[Shop, date]:
    """Reads back what must be in memory, and the first day that was not lived yet."""
    state = {name: _state(connection, name) for name in ("seed", "customers", "start", "next_day", "counters")}
    for name, wanted in (("seed", seed), ("customers", customers), ("start", start.isoformat())):
        if state[name] != wanted:
            raise ConfigError(
                f"the simulated shop began with {name} {state[name]}, not {wanted}",
                where=str(path),
                hint=f"set {name} back to {state[name]}, or delete the file to begin a new shop",
            )
    shop = Shop(
        seed,
        customers,
        start,
        customers={row["id"]: row for row in _rows(connection, "customers") if row["id"] < dirt.FIRST_DIRTY_ID},
        products={row["sku"]: row for row in _rows(connection, "products")},
        sellers={row["id"]: row for row in _rows(connection, "sellers")},
        # dirty rates, which are no numbers, are always of days gone by
        rates={
            (row["currency"], row["day"]): Decimal(row["rate"])
            for row in _rows(connection, "exchange_rates")
            if row["day"] >= state["next_day"]
        },
        counters=state["counters"],
    )
    return shop, date.fromisoformat(state["next_day"])


def _state(connection: sqlite3.Connection, name: str) -> Any:
    (value,) = connection.execute("SELECT value FROM _state WHERE name = ?", (name,)).fetchone()
    return json.loads(value)


def _locked(path: Path) -> LockedError:
    return LockedError("somebody else lets the simulated shop live", where=str(path), hint="wait until that is done, then again")


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, values, strict=True)) for values in cursor)


def _live_one_day(connection: sqlite3.Connection, shop: Shop, date_: date) -> None:
    day = Day(shop, date_)
    if day.number == schema.GIFT_MESSAGE_DAY:
        schema.add_gift_message(connection)
        day.tell("schema.changed", table="orders", column="gift_message")
    rates.publish(day)
    catalogue.plan_day(day)
    sellers.plan_day(day)
    people.plan_day(day)
    buyers.plan_day(day)
    dirt.plan_day(day)
    day.run(connection, _STEPS)
    day.write(connection)
    connection.execute("UPDATE shop_clock SET now = ?", (stamp(closing_time(date_)),))
    next_day = (date_ + timedelta(days=1)).isoformat()
    connection.execute("UPDATE _state SET value = ? WHERE name = 'next_day'", (json.dumps(next_day),))
    connection.execute("UPDATE _state SET value = ? WHERE name = 'counters'", (json.dumps(shop.counters, sort_keys=True),))


def _count(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in schema.TABLES}
