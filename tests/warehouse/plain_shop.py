"""A shop in memory whose rows land as a test says, and whose warehouse is built in milliseconds (see project.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from fondaco.contracts import load_system
from fondaco.warehouse import ops
from tests.warehouse.project import Project

#: What every table is filled up with where a test says nothing.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "customers": {"country": "DE", "is_test": False},
    "products": {"name": "thing", "currency": "EUR", "status": "active"},
    "resellers": {"name": "seller", "country": "DE", "status": "active"},
    "orders": {
        "order_kind": "sale", "status": "paid", "channel": "web", "country": "DE", "currency": "EUR",
        "shipping_amount": 0, "shipping_tax_amount": 0, "discount_amount": 0, "is_test": False,
    },
    "order_items": {"line_number": 1, "item_kind": "goods", "quantity": 1, "unit_price": 10, "discount_amount": 0, "tax_amount": 0},
    "payments": {"attempt_number": 1, "provider": "p", "method": "card", "status": "captured", "currency": "EUR", "amount": 0},
    "shipments": {"carrier": "c", "status": "shipped"},
    "refunds": {"quantity": 0, "goods_amount": 0, "shipping_amount": 0, "tax_amount": 0, "currency": "EUR"},
    "exchange_rates": {"base_currency": "EUR"},
}  # fmt: skip
FIRST_LANDING = datetime(2024, 1, 1, 22)


class PlainShop:
    """Files in the columns of contracts/, without files.

    Attributes:
        landings: how many batches have landed.
        now: when the next batch lands, UTC; a day later each time unless a test sets it.
    """

    def __init__(self, project: Project, house: Path) -> None:
        self.project = project
        self.connection = duckdb.connect(config={"threads": 1})
        self.landings = 0
        self.now = FIRST_LANDING
        self._columns: dict[str, list[str]] = {}
        self.connection.execute("set TimeZone = 'UTC'; create schema bronze")
        ops.prepare(self.connection)
        for name, table in load_system(house / "systems", "plain").tables.items():
            self._columns[name] = [column.name for column in table.columns]
            own = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            self.connection.execute(
                f"create table bronze.plain__{name} ({own}, _batch_id varchar, _ingested_at timestamp, _op varchar, _source varchar, "
                "_position bigint, _row bigint, _file varchar, _erased varchar, _is_new boolean)"
            )
        project.prepare(self.connection)

    def close(self) -> None:
        self.connection.close()

    def land(self, table: str, *rows: Mapping[str, Any], delete: bool = False) -> None:
        """One batch. Tombstones say their key, and when the row was missed."""
        self.landings += 1
        own = self._columns[table]
        filled = [dict(row) if delete else {**DEFAULTS[table], **row} for row in rows]
        marks = ", ".join("?" for _ in own)
        for position, row in enumerate(filled, 1):
            unknown = row.keys() - set(own)
            assert not unknown, unknown
            self.connection.execute(
                f"insert into bronze.plain__{table} values ({marks}, ?, ?, ?, 'shop', ?, ?, 'f', null, true)",
                [
                    *(row.get(name) for name in own),
                    f"{self.landings:012d}-x",
                    self.now,
                    "delete" if delete else "upsert",
                    position,
                    position,
                ],
            )

    def next_day(self, days: float = 1) -> None:
        """The batches that follow land later."""
        self.now += timedelta(days=days)

    def build(self, *models: str, full_refresh: bool = False) -> None:
        """A complete build: what is new is so no more."""
        if full_refresh:
            for table in self._columns:
                self.connection.execute(f"update bronze.plain__{table} set _is_new = true")
        self.project.build(self.connection, *models, full_refresh=full_refresh)
        for table in self._columns:
            self.connection.execute(f"update bronze.plain__{table} set _is_new = false where _is_new")
        ops.record(self.connection, ops.LastBuild(self.landings, "", "", ""), models=0, tests=0)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def contents(self, *relations: str) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of tables, sorted, in the order of their columns' names."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for relation in relations or self.tables():
            columns = sorted(name for (name,) in self.rows(f"select column_name from (describe {relation})"))
            found[relation] = self.rows(f"select {', '.join(columns)} from {relation} order by all")
        return found

    def tables(self) -> Sequence[str]:
        """Every table but the work lists of a build."""
        rows = self.rows(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name not in ('bronze', 'reference', 'ops') order by 1"
        )
        lists = ("__touched", "__landed", "__concerned", "__renewed", "__states", "__known")
        return [name for (name,) in rows if not name.endswith(lists)]
