"""The programs that people ask with, through the door as it is: each connects, finds its way, and sees what its user may see."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import pandas
import psycopg
import pytest
import sqlalchemy

from fondaco.storage import extension
from tests.governance.governed import CANARY, Governed

ASKED = "select email, country, net_revenue from gold.customers order by customer_id"
EMAILS = ["x***@shop0.example", "x***@shop2.example", "x***@shop6.example", "x***@shop8.example"]


def psql(shop: Governed, user: str, *words: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("psql")
    if found is None:
        pytest.skip("left out: there is no psql on this machine")
    environ = {**os.environ, "PGPASSFILE": str(shop.server.passwords), "PAGER": "cat"}
    return subprocess.run([found, "-X", shop.server.line(user), *words], env=environ, capture_output=True, text=True, check=False)


def test_psql_by_the_line_that_serve_prints(shop: Governed) -> None:
    done = psql(shop, "ana", "-Atc", ASKED)
    assert [line.split("|")[0] for line in done.stdout.splitlines()] == EMAILS
    # without its schema a name is a mart
    assert psql(shop, "ana", "-Atc", "select count(*) from orders").stdout == "4\n"


def test_psql_finds_its_way_by_its_own_commands(shop: Governed) -> None:
    for command in ("\\d", "\\dn", "\\dv gold.*", "\\d+ gold.customers", "\\du", "\\l", "\\dp gold.*", "\\df gold.*", "\\dt"):
        done = psql(shop, "ana", "-c", command)
        assert done.returncode == 0, (command, done.stderr)
        assert CANARY not in done.stdout + done.stderr
    assert "customers" in psql(shop, "ana", "-c", "\\dv gold.*").stdout


def test_psycopg_in_every_manner(shop: Governed) -> None:
    with shop.connect("ana") as connection:
        asked = "select email from gold.customers where country = %s order by email"
        for _ in range(7):  # prepared from the sixth on
            assert connection.execute(asked, ("AT",), binary=True).fetchall() == [("x***@shop2.example",), ("x***@shop8.example",)]
        with connection.pipeline():
            cursors = [connection.execute("select count(*) from gold.orders") for _ in range(5)]
        assert [cursor.fetchone() for cursor in cursors] == [(4,)] * 5
        with connection.transaction(), connection.cursor(name="served") as held:
            held.execute("select email from gold.customers order by customer_id")
            assert [row[0] for row in held] == EMAILS
        with connection.cursor() as cursor, cursor.copy("copy (select email from gold.customers order by customer_id) to stdout") as copy:
            assert [row[0] for row in copy.rows()] == EMAILS


def test_sqlalchemy_and_its_inspector(shop: Governed) -> None:
    engine = sqlalchemy.create_engine(shop.line("ana").replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert [row[0] for row in connection.execute(sqlalchemy.text(ASKED))] == EMAILS
        inspector = sqlalchemy.inspect(connection)
        assert {"gold", "silver"} <= set(inspector.get_schema_names())
        assert "customers" in inspector.get_view_names("gold")
        assert [column["name"] for column in inspector.get_columns("customers", "gold")][:2] == ["customer_key", "customer_id"]
        table = sqlalchemy.Table("customers", sqlalchemy.MetaData(), schema="gold", autoload_with=connection)
        assert [row.email for row in connection.execute(sqlalchemy.select(table.c.email).order_by(table.c.customer_id))] == EMAILS
    engine.dispose()


def test_pandas(shop: Governed) -> None:
    engine = sqlalchemy.create_engine(shop.line("ana").replace("postgresql://", "postgresql+psycopg://"))
    frame = pandas.read_sql(ASKED, engine)
    assert list(frame["email"]) == EMAILS
    assert set(frame["country"]) == {"DE", "AT"}
    engine.dispose()


def test_adbc(shop: Governed) -> None:
    with adbc.connect(shop.line("ana")) as connection, connection.cursor() as cursor:
        cursor.execute(ASKED)
        assert cursor.fetch_arrow_table().column("email").to_pylist() == EMAILS
        with pytest.raises(adbc.ProgrammingError):
            cursor.execute("select * from _gold.customers")


def test_duckdb_as_a_client(shop: Governed) -> None:
    """Its scanner reads tables by block, which a view has none of, and copies them by itself: both must meet the same door."""
    with duckdb.connect() as connection:
        connection.execute(f"load '{extension('postgres_scanner')}'")
        connection.execute(f"attach '{shop.line('ana')}' as shop (type postgres, read_only)")
        found = connection.execute("select email from shop.gold.customers order by customer_id").fetchall()
        assert [row[0] for row in found] == EMAILS
        with pytest.raises(duckdb.Error, match="permission denied"):
            connection.execute("select * from shop._gold.customers").fetchall()


def test_two_people_ask_the_same_and_see_what_is_theirs(shop: Governed) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = {}
        for user in ("erin", "ana"):
            with psycopg.connect(shop.line(user)) as connection:
                frames[user] = pandas.read_sql("select country, count(*) as customers from gold.customers group by 1", connection)
    assert frames["erin"]["customers"].sum() == 12
    assert frames["ana"]["customers"].sum() == 4


def test_the_passwords_file_is_one_that_libpq_takes(shop: Governed, tmp_path: Path) -> None:
    assert tmp_path.is_dir()
    with psycopg.connect(shop.server.line("sam"), passfile=str(shop.server.passwords)) as connection:
        assert connection.execute("select session_user::text").fetchone() == ("sam",)
