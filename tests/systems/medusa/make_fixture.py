"""Makes schema.sql, first.sql and second.sql anew: Medusa, installed by npm into a scratch folder, lives three days in a PostgreSQL.

    .venv/bin/python -m tests.systems.medusa.make_fixture [FOLDER]

Needs node, npm, PostgreSQL and pg_dump. Without FOLDER the files beside this script are replaced. Ids are Medusa's own and differ from
run to run, times are moved to the days of `DAYS`; the schema is the same as long as `VERSION` is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from tests import servers

VERSION = "2.21.2"
HERE = Path(__file__).parent
PACKAGES = (
    "api-key", "cache-inmemory", "cart", "cli", "core-flows", "currency", "customer", "event-bus-local", "framework", "fulfillment",
    "fulfillment-manual", "inventory", "link-modules", "locking", "notification", "order", "payment", "pricing", "product", "promotion",
    "region", "sales-channel", "stock-location", "store", "tax", "user", "workflow-engine-inmemory",
)  # fmt: skip
#: The tables that systems/medusa.yml reads, and what the tests compare with.
TABLES = (HERE / "tables.txt").read_text(encoding="utf-8").split()
#: What the days of life.cjs are in the fixture; the second begins after midnight in Berlin.
DAYS = (datetime(2025, 3, 3, 9, tzinfo=UTC), datetime(2025, 3, 4, 23, 30, tzinfo=UTC), datetime(2025, 3, 7, 10, tzinfo=UTC))
HEAD = f"""\
-- Medusa {VERSION} (MIT licence, Medusajs Inc. and contributors): {{what}}
-- Made by make_fixture.py with Medusa's own migrations and workflows; do not edit.
"""


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="medusa-") as scratch, servers.postgres() as server:
        _install(Path(scratch))
        _live(Path(scratch), server, folder)


def _install(scratch: Path) -> None:
    (scratch / "package.json").write_text('{"name": "scratch", "private": true}')
    names = [f"@medusajs/{name}@{VERSION}" for name in PACKAGES]
    # peers would bring the whole admin
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps")
    subprocess.run(["npm", "install", *options, *names, "express@4", "ioredis@5"], cwd=scratch, check=True)
    # the main package does nothing but hand the links on
    medusa = scratch / "node_modules/@medusajs/medusa"
    medusa.mkdir(exist_ok=True)
    (medusa / "package.json").write_text(f'{{"name": "@medusajs/medusa", "version": "{VERSION}"}}')
    (medusa / "link-modules.js").write_text('exports.discoveryPath = require.resolve("@medusajs/link-modules")\n')
    (scratch / "life.cjs").write_text((HERE / "life.cjs").read_text(encoding="utf-8"))


def _live(scratch: Path, server: servers.Server, folder: Path) -> None:
    url = f"postgres://{server.user}:{server.password}@{server.host}:{server.port}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute("create database medusa")
    environ = {**os.environ, "DATABASE_URL": f"{url}/medusa", "NODE_ENV": "development"}
    began: list[datetime] = []
    with subprocess.Popen(["node", "life.cjs"], cwd=scratch, env=environ, stdin=-1, stdout=-1, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        for line in node.stdout:
            match line.split():
                case ["@", "day", _]:
                    began.append(datetime.now(UTC))
                case ["@", "snapshot", name]:
                    _snapshot(url, name, began, folder)
                case _:
                    continue
            node.stdin.write("go on\n")
            node.stdin.flush()
    if node.returncode:
        raise SystemExit(f"life.cjs ended with {node.returncode}")


def _snapshot(url: str, name: str, began: list[datetime], folder: Path) -> None:
    """A copy of the database as it is, its times moved to `DAYS`, written down."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    whole = subprocess.run(["pg_dump", f"{url}/medusa"], check=True, capture_output=True).stdout
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", f"{url}/{name}"], input=whole, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(f"{url}/{name}", autocommit=True) as connection:
        _move_times(connection, began)
        for (table,) in connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
            if table not in TABLES:
                connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(table)))
    if name == "first":
        _write(folder / "schema.sql", "the tables that fondaco reads", [f"{url}/{name}", "--schema-only"])
    data = ("--data-only", "--column-inserts", "--rows-per-insert=500", "--disable-triggers")
    _write(folder / f"{name}.sql", "rows of a small shop", [f"{url}/{name}", *data])


def _move_times(connection: psycopg.Connection[tuple[str, ...]], began: list[datetime]) -> None:
    days = list(zip(began, DAYS, strict=False))
    moved = " ".join(f"when {{0}} >= '{real}' then timestamptz '{day}' + ({{0}} - timestamptz '{real}')" for real, day in reversed(days))
    columns = connection.execute(
        "select table_name, column_name from information_schema.columns where data_type = 'timestamp with time zone' and table_schema = 'public'"
    ).fetchall()
    for table, column in columns:
        case = moved.format(f'"{column}"')
        connection.execute(f'update "{table}" set "{column}" = case {case} else timestamptz \'{DAYS[0]}\' end where "{column}" is not null')


def _write(path: Path, what: str, arguments: list[str]) -> None:
    text = subprocess.run(["pg_dump", "--no-owner", "--no-privileges", *arguments], check=True, capture_output=True, text=True).stdout
    # what differs from one pg_dump to the next, and what only psql understands
    lines = [line for line in text.splitlines() if line and not re.match(r"--|\\|SET |SELECT pg_catalog.set_config", line)]
    path.write_text(HEAD.format(what=what) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
