"""The shop's tables in SQLite, and the private ones in which it keeps its seed, its agenda and its diary.

Timestamps are UTC text ``YYYY-MM-DD HH:MM:SS.ffffff``, days are ``YYYY-MM-DD``, money is INTEGER minor units of the row's currency.
Nothing is declared NOT NULL or a foreign key: real shops hold rows that break such rules, and so must this one.
"""

from __future__ import annotations

import sqlite3
from typing import Any

#: A row as SQLite holds it, by column name.
Row = dict[str, Any]

#: On this day of the shop's life (0 is the first) ``orders`` gains the column ``gift_message``.
GIFT_MESSAGE_DAY = 300

_COLUMNS: dict[str, str] = {
    "customers": """id INTEGER PRIMARY KEY, email TEXT, phone TEXT, first_name TEXT, last_name TEXT, street TEXT, city TEXT,
        postal_code TEXT, country TEXT, birth_date TEXT, accepts_marketing INTEGER, channel TEXT, is_test INTEGER,
        created_at TEXT, updated_at TEXT""",
    "products": """sku TEXT PRIMARY KEY, name TEXT, category TEXT, brand TEXT, seller_id INTEGER, price INTEGER, cost INTEGER,
        currency TEXT, status TEXT, created_at TEXT, updated_at TEXT""",
    "sellers": """id INTEGER PRIMARY KEY, name TEXT, email TEXT, phone TEXT, country TEXT, commission_pct TEXT, status TEXT,
        created_at TEXT, updated_at TEXT""",
    "orders": """id INTEGER PRIMARY KEY, customer_id INTEGER, email TEXT, status TEXT, channel TEXT, country TEXT, currency TEXT,
        shipping INTEGER, shipping_tax INTEGER, discount INTEGER, coupon TEXT, is_test INTEGER, placed_at TEXT, cancelled_at TEXT,
        updated_at TEXT""",
    "order_items": """id INTEGER PRIMARY KEY, order_id INTEGER, line_no INTEGER, sku TEXT, seller_id INTEGER, quantity INTEGER,
        unit_price INTEGER, discount INTEGER, tax INTEGER, is_gift_card INTEGER, currency TEXT""",
    "payments": """id INTEGER PRIMARY KEY, order_id INTEGER, attempt INTEGER, provider TEXT, method TEXT, status TEXT, amount INTEGER,
        currency TEXT, created_at TEXT, updated_at TEXT""",
    "shipments": """id INTEGER PRIMARY KEY, order_id INTEGER, carrier TEXT, status TEXT, units INTEGER, shipped_at TEXT, promised_at TEXT,
        delivered_at TEXT, updated_at TEXT""",
    "refunds": """id INTEGER PRIMARY KEY, order_id INTEGER, order_item_id INTEGER, quantity INTEGER, goods INTEGER, shipping INTEGER,
        tax INTEGER, currency TEXT, reason TEXT, refunded_at TEXT, updated_at TEXT""",
    "exchange_rates": "currency TEXT, day TEXT, rate TEXT, updated_at TEXT, PRIMARY KEY (currency, day)",
}

#: Primary key of every table of the shop.
KEYS: dict[str, tuple[str, ...]] = {
    table: ("sku",) if table == "products" else ("currency", "day") if table == "exchange_rates" else ("id",) for table in _COLUMNS
}

#: The tables that a system file may name, in the order in which a reader meets them.
TABLES = tuple(_COLUMNS)

#: Tables whose rows carry ``updated_at``; lines change through their order.
DATED = frozenset(TABLES) - {"order_items"}

_PRIVATE = (
    "CREATE TABLE shop_clock (now TEXT)",
    # what the shop is (seed, size, first day) and how far it has lived
    "CREATE TABLE _state (name TEXT PRIMARY KEY, value TEXT)",
    # what is going to happen, by the day it is due; `seq` keeps the order of planning
    "CREATE TABLE _agenda (day TEXT, at TEXT, seq INTEGER, kind TEXT, payload TEXT, PRIMARY KEY (day, at, seq)) WITHOUT ROWID",
    # what has happened; the truth is computed from this and from nothing else
    "CREATE TABLE _events (day TEXT, seq INTEGER, kind TEXT, payload TEXT, PRIMARY KEY (day, seq)) WITHOUT ROWID",
)


def create(connection: sqlite3.Connection) -> None:
    """Creates every table and an index on each cursor, inside the caller's transaction."""
    for table, columns in _COLUMNS.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
    for table in sorted(DATED):
        connection.execute(f"CREATE INDEX {table}_updated_at ON {table} (updated_at)")
    connection.execute("CREATE INDEX order_items_order_id ON order_items (order_id)")
    for statement in _PRIVATE:
        connection.execute(statement)


def add_gift_message(connection: sqlite3.Connection) -> None:
    """The schema change of day ``GIFT_MESSAGE_DAY``."""
    connection.execute("ALTER TABLE orders ADD COLUMN gift_message TEXT")
