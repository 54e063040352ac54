"""What a PostgreSQL or MariaDB server does wrong costs a run no more than it must, and the error names the next step but no password."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, System, Table
from fondaco.errors import FondacoError
from fondaco.lake import DefaultQuality, Lake, LandingReport, land
from fondaco.sources.base import Position, Pull, Span
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql.dialect import Dialect
from tests.databases import Database, open_database
from tests.servers import PASSWORD, free_port

COLUMNS = (Column("id", "bigint", nullable=False), Column("note", "varchar"))
SYSTEM = System("shop", "", "UTC", None, (), {name: Table(name, "", COLUMNS, ("id",)) for name in ("orders", "items")})
NOW = datetime(2024, 3, 1, 12)


class Shop:
    """A database with two tables, and a lake."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        database.set_clock(NOW)
        for name in SYSTEM.tables:
            database.do(f"create table {name} (id bigint primary key, note {database.text})", f"insert into {name} values (1, 'x')")

    def land(self, dialect: Dialect | None = None, source: SqlDatabase | None = None, **options: Any) -> LandingReport:
        source = source or SqlDatabase("shop", SYSTEM, dialect or self.database.dialect(), **options)
        report = LandingReport()
        list(land([source], self.lake(), DefaultQuality(), clock=lambda: NOW.replace(tzinfo=UTC), report=report))
        source.close()
        return report

    def lake(self) -> Lake:
        return Lake.open(self.folder / "lake")

    def landed(self) -> dict[str, int]:
        """Rows in the lake by table."""
        found = dict[str, int]()
        for commit in self.lake().live().commits:
            found[commit.table] = found.get(commit.table, 0) + commit.rows_landed
        return found

    def user(self, *tables: str) -> Dialect:
        """As somebody reads it who may read these tables alone."""
        name, dialect = f"{self.database.name}_u", self.database.dialect()  # type: ignore[attr-defined]
        tables = (*tables, "shop_clock")
        if self.database.engine == "postgres":
            self.database.do(f"create role {name} login password '{PASSWORD}'", f"grant usage on schema {dialect.schema} to {name}")  # type: ignore[attr-defined]
            self.database.do(*(f"grant select on {table} to {name}" for table in tables))
        else:
            self.database.do(f"create user '{name}'@'%' identified by '{PASSWORD}'")
            self.database.do(*(f"grant select on {dialect.database}.{table} to '{name}'@'%'" for table in tables))  # type: ignore[attr-defined]
        return replace(dialect, user=name)  # type: ignore[type-var]

    def kill(self) -> None:
        """Ends every connection of a reader, as an operator does."""
        if self.database.engine == "postgres":
            self.database.rows("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'fondaco'")
            return
        readers = f"select id from information_schema.processlist where db = '{self.database.name}' and id <> connection_id()"  # type: ignore[attr-defined]
        self.database.do(*(f"kill {number}" for (number,) in self.database.rows(readers)))


@pytest.fixture(params=("postgres", "mysql"))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    database = open_database(request.param, request, tmp_path)
    yield Shop(database, tmp_path)
    database.close()


def said(report: LandingReport, *secrets: str) -> str:
    """What the errors say, with what caused them; none of it may be a secret."""
    texts = list[str]()
    for error in report.errors:
        assert isinstance(error, FondacoError)
        at: BaseException | None = error
        while at is not None:
            texts.append(f"{at}\n{at!r}\n{getattr(at, 'hint', '')}")
            at = at.__cause__ or at.__context__
    text = "\n".join(texts)
    assert not [secret for secret in (PASSWORD, *secrets) if secret in text]
    return text


def test_a_wrong_password_is_said_without_the_password(shop: Shop) -> None:
    wrong = "it's \\ a $ecret word"
    report = shop.land(replace(shop.database.dialect(), password=wrong))  # type: ignore[type-var]
    assert len(report.errors) == 2
    assert "password comes from the environment" in said(report, wrong, wrong.replace("'", "''"), "ecret")
    assert shop.landed() == {}


def test_a_database_that_is_not_there_is_named(shop: Shop) -> None:
    report = shop.land(replace(shop.database.dialect(), database="no_such_shop"))  # type: ignore[type-var]
    text = said(report)
    assert "no_such_shop" in text and "fondaco.yml" in text


def test_a_server_that_is_down_is_named_with_its_place(shop: Shop) -> None:
    port = free_port()
    text = said(shop.land(replace(shop.database.dialect(), port=port)))  # type: ignore[type-var]
    assert f"127.0.0.1:{port}" in text and "cannot be reached" in text and "sources.shop" in text


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        heard = list[socket.socket]()
        threading.Thread(target=lambda: _accept(silent, heard), daemon=True).start()
        report = shop.land(replace(shop.database.dialect(), port=silent.getsockname()[1]), timeout=timedelta(seconds=0.5))  # type: ignore[type-var]
        silent.shutdown(socket.SHUT_RDWR)
        for connection in heard:
            connection.close()
    assert len(report.errors) == 2, "the second table does not wait once more"
    assert "gave nothing for 0.5 seconds" in said(report) and "sources.shop.timeout" in said(report)
    assert shop.land().errors == []
    for thread in threading.enumerate():
        if thread.name.startswith("fondaco-"):
            thread.join(15)


def _accept(silent: socket.socket, heard: list[socket.socket]) -> None:
    try:
        while True:
            heard.append(silent.accept()[0])
    except OSError:
        return


def test_a_table_that_may_not_be_read_stops_no_other(shop: Shop) -> None:
    report = shop.land(shop.user("items"))
    assert [(table.table, len(table.errors)) for table in report.tables] == [("orders", 1), ("items", 0)]
    assert "orders" in said(report) and ("grant select on orders" in said(report) or "whether the user may read the table" in said(report))
    assert shop.landed() == {"items": 1}


def test_a_server_without_tls_is_not_read_in_the_clear_if_tls_is_required(shop: Shop) -> None:
    report = shop.land(replace(shop.database.dialect(), ssl="require"))  # type: ignore[type-var]
    assert "set ssl: prefer" in said(report)
    assert shop.landed() == {}


class Cut(SqlDatabase):
    """A source whose connection is killed after a table's first batch."""

    kill: Any

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        for pull in super().pulls(table, position, span):
            pull.batches = self._cut(iter(pull.batches)) if table.name == "orders" else pull.batches
            yield pull

    def _cut(self, batches: Iterator[Any]) -> Iterator[Any]:
        yield next(batches)
        self.kill()
        yield from batches


def test_a_connection_that_is_killed_in_the_middle_commits_nothing_of_its_table(shop: Shop) -> None:
    rows = 300_000 if shop.database.engine == "postgres" else 20_000
    if shop.database.engine == "postgres":
        # more than what is on its way already
        shop.database.do(f"insert into orders select n, repeat('x', 100) from generate_series(2, {rows}) n")
    else:
        shop.database.do(f"insert into orders select seq, 'x' from seq_2_to_{rows}")
    source = Cut("shop", SYSTEM, shop.database.dialect(), batch_rows=2_048)
    source.kill = shop.kill
    report = shop.land(source=source)
    assert [(table.table, len(table.errors)) for table in report.tables] == [("orders", 1), ("items", 0)]
    assert "run again: nothing of this table was committed" in said(report)
    assert shop.landed() == {"items": 1}
    assert shop.land().errors == []
    assert shop.landed() == {"orders": rows, "items": 1}
