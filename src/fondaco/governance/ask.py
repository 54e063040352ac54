"""A question of one user, through the door that is there: the server where it runs, else an extract made for this question alone.

Either way what is refused says little: that it is wrong, not hers, too long or too much.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb

from fondaco.errors import Refused, ServeError
from fondaco.governance.admin import client, is_served
from fondaco.governance.extract import fill, readable
from fondaco.governance.key import key_of
from fondaco.governance.load import LAYERS
from fondaco.governance.plan import Plan
from fondaco.governance.server import server_of
from fondaco.settings import Settings
from fondaco.warehouse import QueryResult

#: Memory of an extract and of the question over it.
_MEMORY = "1GB"
#: A name with its schema, as the engine writes it.
_NAME = re.compile(r'(?:"[^"]*"|[^"\s.])+(?:\.(?:"[^"]*"|[^"\s.])+)*')


def ask(settings: Settings, plan: Plan, user: str, sql: str, *, extract: bool = False) -> QueryResult:
    """The answer as the user sees it.

    Args:
        extract: take an extract even where a server runs; it has what is not served, too.

    Raises:
        UsageError: there is no such user, or there is no warehouse yet.
        Refused: the statement is wrong, not for this user, takes too long or gives too much.
    """
    relations = readable(plan, user)
    if engine_of(settings, extract=extract) == "postgres":
        try:
            return _from_server(settings, user, sql)
        except Refused as refused:
            # what she reads and nobody copied there, such as bronze
            elsewhere = [path for path, relation in relations.items() if not relation.served and path in sql.lower()]
            if not elsewhere:
                raise
            raise Refused(
                refused.message, hint=f"{elsewhere[0]} is not on the server (served: in layers.yml): ask with --extract"
            ) from None
    return _from_extract(settings, plan, user, sql)


def engine_of(settings: Settings, *, extract: bool = False) -> Literal["duckdb", "postgres"]:
    """In whose SQL a question is to be asked now."""
    return "postgres" if not extract and is_served(settings) else "duckdb"


def _from_server(settings: Settings, user: str, sql: str) -> QueryResult:
    psycopg = client()
    most = settings.serve.max_rows
    try:
        with psycopg.connect(**way_in(settings, user), autocommit=True, connect_timeout=10, application_name="fondaco query") as connection:
            connection.read_only = True
            with connection.cursor() as cursor:
                rows: list[tuple[Any, ...]] = []
                # one statement, read as it comes: neither a second one nor a million rows get through
                for row in cursor.stream(sql, size=1000):
                    if len(rows) == most:
                        connection.cancel_safe()
                        raise _too_many(most)
                    rows.append(row)
                # an answer without rows says nothing of its columns, so they are asked for
                columns = cursor.description or _described(connection, sql)
                names = [connection.adapters.types.get(column.type_code) for column in columns]
                types = tuple(known.name if known else "unknown" for known in names)
                return QueryResult(tuple(column.name for column in columns), types, tuple(rows))
    except psycopg.OperationalError as error:
        if error.sqlstate is None or error.sqlstate.startswith("28"):
            raise ServeError(f"the server does not let {user} in", hint=f"a new password: fondaco serve --password {user}") from None
        raise refusal(user, error) from None
    except psycopg.Error as error:
        raise refusal(user, error) from None


def _described(connection: Any, sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("begin read only")
        cursor.execute(f"declare nothing no scroll cursor for {sql.strip().rstrip(';')}")
        cursor.execute("fetch 0 from nothing")
        return list(cursor.description or ())


def way_in(settings: Settings, user: str) -> dict[str, Any]:
    """How a user connects: by TCP and password as everybody does; the owner of the server has the passwords that were handed out."""
    if settings.serve.admin is not None:
        known = client().conninfo.conninfo_to_dict(settings.serve.admin.get_secret_value())
        way = {name: value for name, value in known.items() if name in ("host", "port", "dbname", "sslmode", "sslrootcert")}
        path = settings.state_dir / "pgpass"
    else:
        server = server_of(settings)
        way, path = client().conninfo.conninfo_to_dict(server.line(user)), server.passwords
    return {**way, "user": user, "passfile": str(path)} if path.is_file() else {**way, "user": user}


def refusal(user: str, error: Any) -> Refused:
    state, said = error.sqlstate or "", error.diag.message_primary or "the statement failed"
    if state == "42501":
        return Refused(f"{user} may not do that", hint="fondaco policy matrix says what she reads")
    if state == "57014":
        return Refused("the statement took too long and was ended", hint="ask for less, or for a figure of gold that is there already")
    if state.startswith(("53", "54")):
        return Refused("the statement needs more memory or disk than a session has", hint="ask for less")
    if state.startswith(("42", "22", "0A", "25", "3")):
        return Refused(f"the statement cannot be answered: {said}", hint="fondaco policy matrix says which relations and columns there are")
    return Refused("the statement failed", hint="the server's log says more to its owner")


def _from_extract(settings: Settings, plan: Plan, user: str, sql: str) -> QueryResult:
    relations = readable(plan, user)
    config: dict[str, str | bool | int | float | list[str]] = {
        # from the start: to name a statement's tables the engine prepares it, and preparing some of them opens files
        "enable_external_access": "false",
        "memory_limit": _MEMORY,
        "temp_directory": "",
        "allow_persistent_secrets": "false",
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(config=config) as connection:
        named = _named(connection, sql)
        unread = sorted(name for name in named if name.partition(".")[0] in LAYERS and "." in name and name not in relations)
        if unread:
            # whether it is there is not for her to know
            raise Refused(f"{user} does not read {unread[0]}", hint=f"fondaco policy matrix --role {plan.role(user)}")
        wanted = [path for path, relation in relations.items() if path in named or relation.name in named]
        fill(settings, plan, user, key_of(settings), wanted, connection)
        # there is nothing but what was put in, and no way out
        schemas = [layer for layer in ("gold", "silver", "bronze") if any(path.startswith(f"{layer}.") for path in wanted)]
        connection.execute(f"set search_path = '{','.join([*schemas, 'main'])}'")
        connection.execute("set lock_configuration = true")
        with _in_time(connection, settings.serve.statement_timeout.total_seconds()):
            return _answer(connection, sql, settings.serve.max_rows)


def _named(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """The relations that a statement names, with their layer where it says one. Raises Refused if it cannot be read."""
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise Refused("ask one statement at a time")
        names = connection.get_table_names(sql, qualified=True)
    except duckdb.Error as error:
        raise Refused(f"the statement cannot be answered: {_first(error)}") from None
    # the engine says more than the name: `gold.orders AS o`, `gold.orders TABLESAMPLE …`
    return {(found.group() if (found := _NAME.match(name)) else name).replace('"', "").lower() for name in names}


@contextmanager
def _in_time(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, most: int) -> QueryResult:
    try:
        answer = connection.execute(sql)
        rows = answer.fetchmany(most + 1)
        described = answer.description or []
    except duckdb.InterruptException:
        raise Refused("the statement took too long and was ended", hint="ask for less") from None
    except duckdb.OutOfMemoryException:
        raise Refused("the statement needs more memory than it may have", hint="ask for less") from None
    except duckdb.PermissionException:
        raise Refused("the statement reaches for something outside of what may be asked") from None
    except duckdb.Error as error:
        raise Refused(f"the statement cannot be answered: {_first(error)}") from None
    if len(rows) > most:
        raise _too_many(most)
    return QueryResult(tuple(str(column[0]) for column in described), tuple(str(column[1]) for column in described), tuple(rows))


def _too_many(most: int) -> Refused:
    return Refused(f"the answer has more than {most:,} rows", hint="ask for less, or take an extract: fondaco export --as")


def _first(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
