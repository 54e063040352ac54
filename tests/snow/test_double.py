"""The double itself: it refuses what a role may not do and what it does not know, and shows what a session may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import Error

from tests.snow.double.server import double

Ask = Callable[..., list[tuple[Any, ...]]]

MASK = """CASE WHEN IS_ROLE_IN_SESSION('BUILDER') THEN VAL WHEN IS_ROLE_IN_SESSION('ANALYST') THEN LEFT(VAL, 1) || '***' ELSE NULL END"""
MADE = (
    "USE ROLE ACCOUNTADMIN",
    'CREATE DATABASE IF NOT EXISTS "D"',
    'CREATE SCHEMA IF NOT EXISTS "D"."S" WITH MANAGED ACCESS',
    'CREATE SCHEMA IF NOT EXISTS "D"."G" WITH MANAGED ACCESS',
    'CREATE ROLE IF NOT EXISTS "BUILDER"',
    'CREATE ROLE IF NOT EXISTS "ANALYST"',
    'GRANT ROLE "BUILDER" TO USER "BOB"',
    'GRANT ROLE "ANALYST" TO USER "ANA"',
    'GRANT ROLE "BUILDER" TO USER "ANA"',
    'GRANT USAGE ON DATABASE "D" TO ROLE "BUILDER"',
    'GRANT USAGE ON DATABASE "D" TO ROLE "ANALYST"',
    'GRANT USAGE ON SCHEMA "D"."S" TO ROLE "BUILDER"',
    'GRANT USAGE ON SCHEMA "D"."S" TO ROLE "ANALYST"',
    'GRANT USAGE ON SCHEMA "D"."G" TO ROLE "BUILDER"',
    'GRANT CREATE TABLE, CREATE VIEW ON SCHEMA "D"."S" TO ROLE "BUILDER"',
    f"CREATE MASKING POLICY IF NOT EXISTS D.G.MAIL AS (VAL VARCHAR) RETURNS VARCHAR -> {MASK}",
    "CREATE ROW ACCESS POLICY IF NOT EXISTS D.G.LAND AS (VAL VARCHAR) RETURNS BOOLEAN -> IS_ROLE_IN_SESSION('BUILDER') OR VAL = 'DE'",
    'GRANT APPLY ON MASKING POLICY "D"."G"."MAIL" TO ROLE "BUILDER"',
    'GRANT APPLY ON ROW ACCESS POLICY "D"."G"."LAND" TO ROLE "BUILDER"',
)
PEOPLE = "(select 1 as id, 'ana@x.com' as mail, 'DE' as land union all select 2, 'bob@y.com', 'AT')"
PROTECTED = (
    "create or replace transient table D.S.PEOPLE (id number(38,0), mail varchar with masking policy D.G.MAIL, land varchar) "
    f"copy grants with row access policy D.G.LAND on (land) as {PEOPLE}"
)


@pytest.fixture(scope="module")
def asked() -> Iterator[Ask]:
    """Asks as a user: `asked("BOB", statement, …)` gives the last one's rows."""
    with double() as account:
        for user in ("BOB", "ANA"):
            account.user(user, "PUBLIC")

        def ask(user: str, *statements: str, role: str | None = None) -> list[tuple[Any, ...]]:
            connection = snowflake.connector.connect(
                account="double", user=user, token="t", authenticator="programmatic_access_token", role=role, database="D", schema="S",
                host="127.0.0.1", port=account.port, protocol="http", login_timeout=10, network_timeout=30,
            )  # fmt: skip
            with connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())

        ask("ADMIN", *MADE)
        ask("BOB", PROTECTED, role="BUILDER")
        ask("ADMIN", 'GRANT SELECT ON TABLE "D"."S"."PEOPLE" TO ROLE "ANALYST"')
        yield ask


def test_a_masked_column_is_masked_everywhere_in_a_query_and_hidden_rows_count_nowhere(asked: Ask) -> None:
    assert asked("BOB", "select * from people order by id", role="BUILDER") == [(1, "ana@x.com", "DE"), (2, "bob@y.com", "AT")]
    assert asked("ANA", "select * from people", role="ANALYST") == [(1, "a***", "DE")]
    assert asked("ANA", "select count(*) from people where mail like 'ana@%'", role="ANALYST") == [(0,)]
    assert asked("ANA", "with people as (select * from d.s.people) select max(mail), count(*) from people", role="ANALYST") == [("a***", 1)]


def test_secondary_roles_are_in_the_session_and_none_means_none(asked: Ask) -> None:
    masked, clear = [(1, "a***", "DE")], [(1, "ana@x.com", "DE"), (2, "bob@y.com", "AT")]
    assert asked("ANA", "use secondary roles none", "select * from people", role="ANALYST") == masked
    assert asked("ANA", "use secondary roles all", "select * from people order by id", role="ANALYST") == clear


def test_a_table_that_a_masked_role_makes_holds_masked_values(asked: Ask) -> None:
    asked("ADMIN", 'GRANT CREATE TABLE ON SCHEMA "D"."S" TO ROLE "ANALYST"')
    asked("ANA", "create or replace table d.s.copied as select * from people", role="ANALYST")
    assert asked("ANA", "select * from copied", role="ANALYST") == [(1, "a***", "DE")]
    asked("ANA", "drop table d.s.copied", role="ANALYST")
    asked("ADMIN", 'REVOKE CREATE TABLE ON SCHEMA "D"."S" FROM ROLE "ANALYST"')


def test_a_table_made_anew_without_its_policies_lies_open(asked: Ask) -> None:
    try:
        asked("BOB", f"create or replace table D.S.PEOPLE copy grants as {PEOPLE}", role="BUILDER")
        assert len(asked("ANA", "select * from people", role="ANALYST")) == 2
        asked("BOB", f"create or replace table D.S.PEOPLE as {PEOPLE}", role="BUILDER")
        with pytest.raises(Error, match="does not exist or not authorized"):
            asked("ANA", "select * from people", role="ANALYST")
    finally:
        asked("BOB", PROTECTED, role="BUILDER")
        asked("ADMIN", 'GRANT SELECT ON TABLE "D"."S"."PEOPLE" TO ROLE "ANALYST"')


def test_a_view_shows_what_its_owner_may_read_as_the_caller_may_see_it(asked: Ask) -> None:
    asked("BOB", "create or replace secure view d.s.shown as select mail, land from people", role="BUILDER")
    with pytest.raises(Error, match="does not exist or not authorized"):
        asked("ANA", "select * from shown", role="ANALYST")
    asked("ADMIN", 'GRANT SELECT ON VIEW "D"."S"."SHOWN" TO ROLE "ANALYST"')
    assert asked("ANA", "select * from shown", role="ANALYST") == [("a***", "DE")]
    assert asked("BOB", "select * from shown order by 1", role="BUILDER") == [("ana@x.com", "DE"), ("bob@y.com", "AT")]


def test_a_clone_keeps_the_policies(asked: Ask) -> None:
    asked("BOB", "create or replace table d.s.twin clone d.s.people copy grants", role="BUILDER")
    asked("ADMIN", 'GRANT SELECT ON TABLE "D"."S"."TWIN" TO ROLE "ANALYST"')
    assert asked("ANA", "select * from twin", role="ANALYST") == [(1, "a***", "DE")]


@pytest.mark.parametrize(
    ("user", "role", "statement"),
    [
        ("ANA", "ANALYST", "create table d.s.mine as select 1 as a"),
        ("ANA", "ANALYST", "insert into people (id) select 3"),
        ("ANA", "ANALYST", "delete from people"),
        ("ANA", "ANALYST", "drop table people"),
        ("ANA", "ANALYST", "use role ACCOUNTADMIN"),
        ("ANA", "ANALYST", 'GRANT SELECT ON TABLE "D"."S"."PEOPLE" TO ROLE "ANALYST"'),
        ("ANA", "ANALYST", "ALTER MASKING POLICY D.G.MAIL SET BODY -> VAL"),
        # managed access: the owner hands out nothing
        ("BOB", "BUILDER", 'GRANT SELECT ON TABLE "D"."S"."PEOPLE" TO ROLE "ANALYST"'),
        ("BOB", "BUILDER", 'CREATE SCHEMA IF NOT EXISTS "D"."MINE"'),
        ("BOB", "BUILDER", "CREATE ROLE IF NOT EXISTS R"),
        ("BOB", "BUILDER", "create or replace table d.s.t (a varchar with masking policy d.g.none) as select 'a' as a"),
        # what nobody knows here is no success
        ("BOB", "BUILDER", "create stream s on table people"),
        ("BOB", "BUILDER", "create pipe p as copy into people from @s"),
        ("BOB", "BUILDER", "alter table people set masking policy x"),
        ("BOB", "BUILDER", "select nonsense("),
    ],
)
def test_it_refuses_what_a_role_may_not_do_and_what_it_does_not_know(asked: Ask, user: str, role: str, statement: str) -> None:
    with pytest.raises(Error):
        asked(user, statement, role=role)


def test_null_times_and_exact_numbers_reach_the_client_as_they_are(asked: Ask) -> None:
    (row,) = asked(
        "BOB", "select cast(null as timestamp), timestamp '1969-12-31 23:59:59.999999', 12345678901234.5678::number(18,4)", role="BUILDER"
    )
    assert [str(value) for value in row] == ["None", "1969-12-31 23:59:59.999999", "12345678901234.5678"]
