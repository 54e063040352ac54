"""A user's session: many questions of one person, each answered as the policy says, over connections that are hers.

A page asks dozens of questions, so it does not open a door for each, as ``ask`` does for one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol

import duckdb

from fondaco.errors import Refused, ServeError
from fondaco.governance.admin import client
from fondaco.governance.ask import refusal, way_in
from fondaco.governance.extract import fill, readable
from fondaco.governance.key import key_of
from fondaco.governance.plan import Plan
from fondaco.settings import Settings
from fondaco.warehouse import QueryResult

#: Connections that one user's session has at most: two questions at once keep two cores busy, the rest waits its turn.
_MOST = 4


class NotBuilt(Refused):
    """What was asked for is no relation of the warehouse, or is not there yet."""


class NotHers(Refused):
    """The user's role does not read that."""


class Session(Protocol):
    """Questions of one user.

    Attributes:
        user: who asks.
        engine: in whose SQL.
    """

    user: str
    engine: Literal["duckdb", "postgres"]

    def ask(self, sql: str) -> QueryResult:
        """The answer as the user sees it.

        Raises:
            NotBuilt: a relation is not there.
            NotHers: the user may not read it.
            Refused: the statement is wrong, takes too long or gives too much.
            ServeError: the server does not answer, or does not let her in.
        """

    def close(self) -> None:
        """Ends it."""


class ServedSession:
    """A session of the governed server; may be used by several threads at once."""

    engine: Literal["duckdb", "postgres"] = "postgres"

    def __init__(self, settings: Settings, user: str) -> None:
        self.user = user
        self._settings = settings
        self._psycopg = client()
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(min(_MOST, settings.serve.connections))

    def ask(self, sql: str) -> QueryResult:
        with self._turns:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is not None:
                try:
                    return self._ask(connection, sql)
                except ServeError:
                    # the server was started anew, or her sessions were ended because she lost a country: once more, on a new one
                    pass
            return self._ask(self._connect(), sql)

    def _connect(self) -> Any:
        psycopg = self._psycopg
        try:
            connection = psycopg.connect(
                **way_in(self._settings, self.user), autocommit=True, connect_timeout=10, application_name="fondaco dashboard"
            )
        except psycopg.OperationalError as error:
            if error.sqlstate is not None and not error.sqlstate.startswith("28"):
                raise ServeError("the governed server is not ready", hint="wait a moment and try again") from None
            if "authentication" in str(error) or "password" in str(error) or "role" in str(error):
                raise ServeError(
                    f"the server does not let {self.user} in", hint=f"a new password: fondaco serve --password {self.user}"
                ) from None
            raise ServeError("the governed server does not answer", hint="start it with: fondaco serve") from None
        connection.read_only = True
        return connection

    def _ask(self, connection: Any, sql: str) -> QueryResult:
        psycopg, most = self._psycopg, self._settings.serve.max_rows
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                rows = tuple(cursor.fetchmany(most + 1))
                columns = cursor.description or ()
                names = [connection.adapters.types.get(column.type_code) for column in columns]
        except psycopg.Error as error:
            if connection.broken or connection.closed or error.sqlstate is None or error.sqlstate.startswith(("57P", "08")):
                with suppress(psycopg.Error):
                    connection.close()
                raise ServeError("the governed server does not answer", hint="start it with: fondaco serve") from None
            self._put_back(connection)
            raise _told(self.user, error) from None
        self._put_back(connection)
        if len(rows) > most:
            raise Refused(f"the answer has more than {most:,} rows", hint="ask for less, or take an extract: fondaco export --as")
        return QueryResult(tuple(column.name for column in columns), tuple(name.name if name else "unknown" for name in names), rows)

    def _put_back(self, connection: Any) -> None:
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _told(user: str, error: Any) -> Refused:
    said: Refused = refusal(user, error)
    if error.sqlstate == "42501":
        return NotHers(said.message, hint=said.hint)
    if error.sqlstate in ("42P01", "3F000", "42703"):
        return NotBuilt(said.message, hint="build it: fondaco run")
    return said


class ExtractSession:
    """A session over an extract in memory, made for it: what a user sees of some relations, where no server runs.

    Args:
        paths: the relations that will be asked for, as in ``gold.orders``; those that she does not read are left out.
    """

    engine: Literal["duckdb", "postgres"] = "duckdb"

    def __init__(self, settings: Settings, plan: Plan, user: str, paths: Sequence[str]) -> None:
        self.user = user
        hers = readable(plan, user)
        self._refused = frozenset(path for path in paths if path not in hers)
        self._connection = duckdb.connect(config={"enable_external_access": "false", "temp_directory": ""})
        try:
            fill(settings, plan, user, key_of(settings), [path for path in paths if path in hers], self._connection)
        except BaseException:
            self._connection.close()
            raise

    def ask(self, sql: str) -> QueryResult:
        named = {name.replace('"', "").lower() for name in self._connection.get_table_names(sql, qualified=True)}
        if unread := sorted(named & self._refused):
            raise NotHers(f"{self.user} does not read {unread[0]}", hint="fondaco policy matrix says what she reads")
        try:
            answer = self._connection.cursor().execute(sql)
            described = answer.description or []
            rows = tuple(answer.fetchall())
        except duckdb.CatalogException as error:
            raise NotBuilt(f"the statement cannot be answered: {str(error).splitlines()[0]}", hint="build it: fondaco run") from None
        except duckdb.Error as error:
            raise Refused(f"the statement cannot be answered: {str(error).splitlines()[0]}") from None
        return QueryResult(tuple(str(column[0]) for column in described), tuple(str(column[1]) for column in described), rows)

    def close(self) -> None:
        self._connection.close()
