"""A shop that goes on living while it is read: a script of transactions with ties, late commits, out-of-order times and deletes.

Times are the script's own, a year back, so that the lag of a source holds nothing up; a late row is late by less than the overlap.
Every version of a row has content of its own, so that a version that landed twice is seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from fondaco.contracts import Column, Parent, System, Table
from fondaco.sources.sql.dialect import Dialect

START = datetime(2024, 3, 1, 12)
#: Between two transactions, in the script's time; an overlap of ten minutes holds a few of them.
TICK = timedelta(minutes=2)
OVERLAP = timedelta(minutes=10)

LEDGER = Table(
    "ledger",
    "One row per booking; nothing is ever changed, so every version can be seen for ever.",
    (
        Column("account", "bigint", nullable=False),
        Column("version", "bigint", nullable=False),
        Column("amount", "decimal(12,2)"),
        Column("booked_at", "timestamp"),
    ),
    ("account", "version"),
    "booked_at",
)
THINGS = Table(
    "things",
    "One row per thing; changed and deleted.",
    (Column("id", "bigint", nullable=False), Column("name", "varchar"), Column("changed_at", "timestamp")),
    ("id",),
    "changed_at",
    deletes="sweep",
)
ORDERS = Table(
    "orders",
    "One row per order.",
    (Column("id", "bigint", nullable=False), Column("status", "varchar"), Column("changed_at", "timestamp")),
    ("id",),
    "changed_at",
)
LINES = Table(
    "order_lines",
    "One row per line; has no time of its own.",
    (Column("id", "bigint", nullable=False), Column("order_id", "bigint"), Column("sku", "varchar")),
    ("id",),
    parent=Parent("orders", "order_id"),
)
TABLES = (LEDGER, THINGS, ORDERS, LINES)
SYSTEM = System("proof", "", "UTC", None, (), {table.name: table for table in TABLES})

CREATE = (
    "create table ledger (account bigint not null, version bigint not null, amount numeric(12,2), booked_at {time}, primary key (account, version))",
    "create table things (id bigint primary key, name varchar(40), changed_at {time})",
    "create table orders (id bigint primary key, status varchar(40), changed_at {time})",
    "create table order_lines (id bigint primary key, order_id bigint, sku varchar(40))",
    "create index ledger_booked_at on ledger (booked_at)",
    "create index things_changed_at on things (changed_at)",
    "create index orders_changed_at on orders (changed_at)",
    "create index order_lines_order_id on order_lines (order_id)",
)

#: (table, key, values): values in the order of the table's columns, None where the row was deleted.
Row = tuple[Any, ...]
Write = tuple[str, tuple[int, ...], Row | None]


@dataclass(frozen=True)
class Transaction:
    """What becomes visible at once.

    Attributes:
        held: for how many further transactions it stays open before it is committed: a late commit.
    """

    writes: tuple[Write, ...]
    held: int = 0


class Database(Protocol):
    """A shop's database, as the script writes it.

    Attributes:
        dialect: as a run reads it.
    """

    dialect: Dialect

    def apply(self, writes: Sequence[Write]) -> None:
        """Writes them in one transaction that is committed at once."""
        ...


@dataclass
class Story:
    """The script as it is played: what the source holds now, and all that it ever held.

    Attributes:
        now: current rows by table and key.
        ever: every row that was ever visible, by table.
    """

    database: Database
    transactions: Iterator[Transaction]
    now: dict[str, dict[tuple[int, ...], Row]] = field(default_factory=lambda: {table.name: {} for table in TABLES})
    ever: dict[str, set[Row]] = field(default_factory=lambda: {table.name: set() for table in TABLES})
    _held: list[tuple[int, Transaction]] = field(default_factory=list)
    is_over: bool = False

    def go_on(self) -> None:
        """Plays one transaction, and commits those whose time has come."""
        self._held = [(left - 1, transaction) for left, transaction in self._held]
        for _, late in [item for item in self._held if item[0] <= 0]:
            self._commit(late)
        self._held = [item for item in self._held if item[0] > 0]
        transaction = next(self.transactions, None)
        if transaction is None:
            self.is_over = not self._held
        elif transaction.held:
            self._held.append((transaction.held, transaction))
        else:
            self._commit(transaction)

    def finish(self) -> None:
        """Plays what is left."""
        while not self.is_over:
            self.go_on()

    def visible(self) -> set[tuple[str, Row]]:
        """The rows that the source holds now."""
        return {(table, row) for table, rows in self.now.items() for row in rows.values()}

    def _commit(self, transaction: Transaction) -> None:
        self.database.apply(transaction.writes)
        for table, key, row in transaction.writes:
            if row is None:
                self.now[table].pop(key, None)
            else:
                self.now[table][key] = row
                self.ever[table].add(row)


def transactions(seed: int, count: int) -> Iterator[Transaction]:
    """A script: the same seed gives the same one."""
    chance, time = random.Random(seed), START
    versions, alive, lines = dict[int, int](), set[int](), dict[int, list[int]]()
    for number in range(count):
        time += TICK * chance.choice((0, 0, 1, 1, 2))  # ties
        # some are dated back, as another clock would; late or back, it stays within the overlap
        stamp, held = f"{time - chance.choice((0, 0, 0, 1, 2)) * TICK:%Y-%m-%d %H:%M:%S}", chance.choice((0, 0, 0, 1, 2))
        writes = list[Write]()
        for _ in range(chance.randint(1, 4)):
            account = chance.randrange(6)
            version = versions[account] = versions.get(account, 0) + 1
            writes.append(("ledger", (account, version), (account, version, f"{chance.randrange(-10_000, 10_000) / 100:.2f}", stamp)))
        if not held:  # what is committed late brings bookings alone: a row that is changed while it is open would be locked
            writes += _thing(chance, number, stamp, alive) + _order(chance, number, f"{time:%Y-%m-%d %H:%M:%S}", lines)
        yield Transaction(tuple(writes), held)


def _thing(chance: random.Random, number: int, stamp: str, alive: set[int]) -> list[Write]:
    thing = chance.randrange(12)
    if thing in alive and chance.random() < 0.2:
        alive.discard(thing)
        return [("things", (thing,), None)]
    alive.add(thing)
    return [("things", (thing,), (thing, f"thing {thing} of {number}", stamp))]


def _order(chance: random.Random, number: int, stamp: str, lines: dict[int, list[int]]) -> list[Write]:
    """An order with its lines; who changes a line touches its order, whose time never goes back."""
    order = chance.randrange(8)
    lines.setdefault(order, [order * 100 + line for line in range(chance.randint(1, 3))])
    writes: list[Write] = [("orders", (order,), (order, f"status of {number}", stamp))]
    return writes + [("order_lines", (line,), (line, order, f"sku {number}")) for line in lines[order]]
