"""A governed server over a warehouse made by hand: every relation of the shipped models, each cell of a person a canary.

A canary is a text that nobody may see who is not allowed to: one that turns up in rows, errors or notices is a leak.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from fondaco.governance import Plan, plan_of
from fondaco.governance.admin import conninfo_of
from fondaco.governance.cells import visible
from fondaco.governance.key import key_of
from fondaco.governance.plan import PlannedRelation
from fondaco.governance.server import Server, server_of, start, stop
from fondaco.governance.serving import Refreshed, refresh
from fondaco.governance.sql import identifier, literal
from fondaco.governance.sql import relation as qualified
from fondaco.settings import Settings, load_settings
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
#: Of row i: a country of ana's, one of nobody's but the engineer's and the scientist's, one of ben's, none.
COUNTRIES = ("DE", "US", "AT", "FR", "ZZ", None)
ROWS = 12
#: Every text of a person holds it; what masks show of a person does not.
CANARY = "canary"

Rows = list[tuple[Any, ...]]


def value(i: int, name: str, kind: str, classification: str) -> Any:
    """The cell of row i."""
    if name == "country":
        return COUNTRIES[i % len(COUNTRIES)]
    if i == ROWS - 1 and classification.startswith("pii."):
        return None
    match classification:
        case "pii.email":
            return f"x{CANARY}{i}@shop{i}.example"
        case "pii.pseudonym":
            return f"guest:{CANARY}" + hashlib.md5(f"{name}{i}".encode()).hexdigest()
        case "pii.phone":
            return f"+49 170 {CANARY}{i:02d}"
        case classified if classified.startswith("pii.") and kind == "varchar":
            return f"X{CANARY}{i}"
    match kind.partition("(")[0]:
        case "varchar":
            return f"{name} {i}"
        case "bigint":
            return i * 1000
        case "decimal":
            return Decimal(i * 11) / 10 if "18" in kind else Decimal(i)
        case "boolean":
            return i % 2 == 0
        case "date":
            return date(1970 + i, 5, 17)
        case "timestamp":
            return datetime(2024, 1, 1, 12, 30) + timedelta(days=i, microseconds=i)
        case _:
            return i / 4


@dataclass
class Governed:
    """A shop's folder with a policy of its own, and its server."""

    root: Path
    _plans: dict[tuple[int, ...], Plan] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return load_settings(self.root, None, os.environ if self.is_elsewhere else {})

    @property
    def is_elsewhere(self) -> bool:
        """Whether the server is one of somebody else's."""
        return "admin:" in (self.root / "fondaco.yml").read_text(encoding="utf-8")

    @property
    def plan(self) -> Plan:
        state = tuple(
            path.stat().st_mtime_ns for path in (*sorted(self.policy.iterdir()), *sorted(self.root.glob("warehouse/dbt_project.yml")))
        )
        if state not in self._plans:
            self._plans[state] = plan_of(self.settings)
        return self._plans[state]

    @property
    def server(self) -> Server:
        return server_of(self.settings)

    @property
    def policy(self) -> Path:
        return self.root / "policy"

    @property
    def database(self) -> str:
        return self.settings.project

    def refresh(self, *, data: bool = True) -> Refreshed:
        return refresh(self.settings, data=data)

    def reset(self) -> None:
        """The shipped policy and the first data again, whatever a test did."""
        shutil.rmtree(self.policy, ignore_errors=True)
        shutil.copytree(ROOT / "policy", self.policy)
        shutil.copy2(self.root / "first.duckdb", self.settings.warehouse.path)
        self.refresh()

    def passwords(self) -> dict[str, str]:
        lines = self.server.passwords.read_text(encoding="utf-8").splitlines()
        return {line.split(":")[3]: line.split(":")[4] for line in lines}

    def line(self, user: str) -> str:
        """How a user connects, her password included."""
        return self.server.line(user).replace(f"//{user}@", f"//{user}:{self.passwords()[user]}@")

    def connect(self, user: str, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.line(user), autocommit=True, **options)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(conninfo_of(self.settings), autocommit=True) as connection:
            yield connection

    def rows(self, user: str, sql: str) -> Rows:
        with self.connect(user) as connection:
            return connection.execute(sql).fetchall()

    def oracle(self, user: str, plan: Plan, *relations: PlannedRelation) -> dict[str, Rows]:
        """What the user is to see of relations, by DuckDB."""
        key = literal(key_of(self.settings))
        with duckdb.connect(str(self.settings.warehouse.path), read_only=True) as connection:
            return {relation.path: connection.execute(visible(plan, user, relation, key)).fetchall() for relation in relations}


def write_warehouse(path: Path, plan: Plan, rows: int = ROWS) -> None:
    """A warehouse with every served relation of the plan, a few rows each."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema silver; create schema marts; create schema gold")
        for relation in plan.served:
            # a mart is a table that gold shows
            schema = "marts" if relation.layer == "gold" else relation.layer
            columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in relation.columns)
            connection.execute(f"create table {qualified(schema, relation.name)} ({columns})")
            cells = [tuple(value(i, column.name, column.type, column.classification) for column in relation.columns) for i in range(rows)]
            marks = ", ".join("(" + ", ".join("?" for _ in relation.columns) + ")" for _ in cells)
            connection.execute(f"insert into {qualified(schema, relation.name)} values {marks}", [cell for row in cells for cell in row])
            if schema != relation.layer:
                connection.execute(f"create view {qualified(relation.layer, relation.name)} as from {qualified(schema, relation.name)}")
    path.chmod(0o600)


@contextmanager
def governed(policy: Path = ROOT / "policy", **serve: Any) -> Iterator[Governed]:
    """A shop with its own copy of a policy, served; everything ends with it."""
    # the server's account must be able to enter, which pytest's own folders do not allow
    root = Path(tempfile.mkdtemp(prefix="fondaco-governed-"))
    root.chmod(0o755)
    told = {"path": str(root / "serve"), "port": free_port(), **serve}
    options = ", ".join(f'{name}: "{value}"' if isinstance(value, str | Path) else f"{name}: {value}" for name, value in told.items())
    (root / "fondaco.yml").write_text(f"project: shop\nsources: {{shop: {{type: demo}}}}\nserve: {{{options}}}\n", encoding="utf-8")
    shutil.copytree(policy, root / "policy")
    shop = Governed(root)
    try:
        write_warehouse(shop.settings.warehouse.path, shop.plan)
        shutil.copy2(shop.settings.warehouse.path, root / "first.duckdb")
        if not shop.is_elsewhere:
            start(shop.server)
        shop.refresh()
        yield shop
    finally:
        stop(shop.server)
        shutil.rmtree(root, ignore_errors=True)


def ordered(rows: Rows) -> Rows:
    """Rows in an order that both engines agree on."""
    return sorted(rows, key=lambda row: tuple((cell is not None, str(cell)) for cell in row))
