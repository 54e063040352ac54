"""The doctor's questions, on real servers: each thing that is wrong is found, and its fix is a statement that mends it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.contracts import Column, Parent, System, Table
from fondaco.errors import SourceError
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql.dialect import Dialect
from fondaco.sources.sql.health import Finding
from fondaco.sources.sql.mysql import Mysql
from fondaco.sources.sql.postgres import Postgres
from tests.databases import ENGINES, Database, MysqlDatabase, PostgresDatabase, open_database

ORDERS = Table("orders", "", (Column("id", "bigint", nullable=False), Column("total", "decimal(10,2)"), Column("updated_at", "timestamp")),
               ("id",), "updated_at")  # fmt: skip
ITEMS = Table("items", "", (Column("id", "bigint"), Column("order_id", "bigint")), ("id",), parent=Parent("orders", "order_id"))
SYSTEM = System("shop", "", "UTC", None, (), {table.name: table for table in (ORDERS, ITEMS)})


def plain(database: Database) -> Dialect:
    """As a source reads it, with the server's own clock."""
    match database:
        case PostgresDatabase(server=server, name=name):
            return Postgres(server.host, server.port, "postgres", server.user, server.password, name)
        case MysqlDatabase(server=server, name=name):
            return Mysql(server.host, server.port, name, server.user, server.password)
    return database.dialect()


def look(dialect: Dialect, **settings: object) -> list[Finding]:
    source = SqlDatabase("shop", SYSTEM, dialect, **settings)  # type: ignore[arg-type]
    try:
        return list(source.health())
    finally:
        source.close()


def wrong(found: list[Finding]) -> list[Finding]:
    """All but what is well, and but that the tests' own user may write."""
    return [finding for finding in found if finding.verdict != "ok" and "may write" not in finding.said]


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, request, tmp_path)
    opened.do(
        f"create table orders (id bigint primary key, total decimal(10,2), updated_at {opened.time})",
        "create table items (id bigint primary key, order_id bigint)",
        "create index at on orders (updated_at)",
        "create index of_order on items (order_id)",
    )
    yield opened
    opened.close()


def test_a_source_that_is_well_says_so(database: Database) -> None:
    found = look(plain(database))
    assert wrong(found) == []
    assert "answers" in found[0].said
    assert any("2 of 2 tables can be read" in finding.said for finding in found)


def test_a_missing_index_is_found_and_its_fix_mends_it(database: Database) -> None:
    on = {"sqlite": ("", ""), "postgres": ("", ""), "mysql": (" on orders", " on items")}[database.engine]
    database.do(f"drop index at{on[0]}", f"drop index of_order{on[1]}")
    found = wrong(look(plain(database)))
    assert [(finding.verdict, finding.said.split(":")[0]) for finding in found] == [("warn", "shop.orders"), ("warn", "shop.items")]
    assert all("CONCURRENTLY" in str(finding.fix) for finding in found) == (database.engine == "postgres")
    database.do(*(str(finding.fix).rstrip(";") for finding in found))
    assert wrong(look(plain(database))) == []


def test_a_table_and_columns_that_are_not_there_are_named(database: Database) -> None:
    database.do("alter table orders rename column total to sum", "drop table items")
    optional, table = wrong(look(plain(database)))
    assert (optional.verdict, table.verdict) == ("warn", "bad")
    assert "no column 'total'" in optional.said
    assert "shop.items" in table.said
    database.do("alter table orders drop column sum", "alter table orders rename column id to number")
    assert any(finding.verdict == "bad" and "no column 'id'" in finding.said for finding in look(plain(database)))


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_type_that_cannot_fit_is_told_before_its_rows_are_put_aside(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = open_database(engine, request, tmp_path)
    database.do("create table orders (id date primary key, total decimal(12,4), updated_at timestamp(6) null)")
    said = [finding.said for finding in look(plain(database)) if "go to quarantine" in finding.said]
    database.close()
    assert len(said) == 2
    assert "declared bigint" in said[0]
    assert "more digits than decimal(10,2)" in said[1]


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_clock_that_is_wrong_is_told(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = open_database(engine, request, tmp_path)
    found = look(plain(database), now=lambda: datetime.now(UTC) - timedelta(hours=1))
    database.close()
    assert any(finding.verdict == "warn" and "ahead of ours" in finding.said and "NTP" in str(finding.fix) for finding in found)


def test_what_a_reader_of_postgres_lacks_is_granted_by_the_fix(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = open_database("postgres", request, tmp_path)
    assert isinstance(database, PostgresDatabase)
    reader = f"reader_{database.name}"
    database.do(
        "create table orders (id bigint primary key, total decimal(10,2), updated_at timestamp)",
        "create index on orders (updated_at)", "create table items (id bigint primary key, order_id bigint)", "create index on items (order_id)",
        f"create role {reader} login password 'x'",
    )  # fmt: skip
    dialect = dataclasses.replace(plain(database), user=reader, password="x")  # type: ignore[type-var]
    try:
        found = [finding for finding in look(dialect) if finding.verdict != "ok"]
        assert {finding.verdict for finding in found} == {"bad"}
        assert len(found) == 3  # the schema, and each table
        database.do(*(str(finding.fix) for finding in found))
        assert [finding for finding in look(dialect) if finding.verdict != "ok"] == []
    finally:
        database.close()
        other = open_database("postgres", request, tmp_path)
        other.do(f"drop role {reader}")
        other.close()


def test_mysql_tables_without_key_or_snapshot_are_told_and_so_is_a_user_who_may_write(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = open_database("mysql", request, tmp_path)
    assert isinstance(database, MysqlDatabase)
    reader = f"r_{database.name}"
    database.do(
        "create table orders (id bigint, total decimal(10,2), updated_at datetime, key (id), key (updated_at))",
        "create table items (id bigint primary key, order_id bigint, key (order_id)) engine = MyISAM",
        f"create user '{reader}'@'%' identified by 'x'", f"grant select on {database.name}.* to '{reader}'@'%'",
    )  # fmt: skip
    try:
        outside, engine = wrong(look(plain(database)))
        assert "outside the snapshot" in outside.said
        assert "MyISAM" in engine.said
        database.do(str(engine.fix))
        assert any("may write" in finding.said for finding in look(plain(database)))
        dialect = dataclasses.replace(plain(database), user=reader, password="x")  # type: ignore[type-var]
        (only,) = [finding for finding in look(dialect) if finding.verdict != "ok"]
        assert "outside the snapshot" in only.said
        database.do(f"grant update on {database.name}.orders to '{reader}'@'%'")
        assert any("UPDATE on orders" in finding.said for finding in look(dialect))
    finally:
        database.do(f"drop user '{reader}'@'%'")
        database.close()


@pytest.mark.parametrize(
    ("seconds", "verdict", "said"), [(5.0, "ok", "5 s behind"), (600.0, "warn", "600 s behind; lag is 120 s"), (None, "warn", "not being")]
)
def test_a_replica_is_held_against_lag(seconds: float | None, verdict: str, said: str, tmp_path: Path) -> None:
    from fondaco.sources.sql.health import Health
    from fondaco.sources.sql.sqlite import Sqlite

    health = Health("shop", SYSTEM, Sqlite(tmp_path / "x"), None, timedelta(minutes=2), datetime(2024, 1, 1))  # type: ignore[arg-type]
    found = health._behind(seconds)
    assert found.verdict == verdict
    assert said in found.said


def test_a_server_that_cannot_be_reached_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be reached"):
        look(Postgres("127.0.0.1", 1, "shop", "me", "x"))
