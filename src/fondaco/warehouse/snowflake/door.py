"""The one door to Snowflake: how to log in comes from connections.toml or the environment, as Snowflake's own tools have it.

A service has no password: a key pair, OAuth, a programmatic access token or a workload identity. Whatever is secret goes from there to the
client and is in no message, no log and no file of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from fondaco.errors import BuildError, ConfigError
from fondaco.settings import Settings

#: What a connection may say; anything else is not ours to pass on.
_KNOWN = frozenset(
    {
        "account", "user", "authenticator", "private_key_file", "private_key_path", "private_key_file_pwd", "private_key_passphrase",
        "token", "token_file_path", "oauth_client_id", "oauth_client_secret", "oauth_token_request_url", "oauth_authorization_url",
        "oauth_scope", "workload_identity_provider", "workload_identity_entra_resource", "host", "port", "protocol", "region",
        "proxy_host", "proxy_port",
    }
)  # fmt: skip
#: What the connection may say for other tools; here fondaco.yml says it.
_OURS = frozenset({"database", "schema", "warehouse", "role"})
#: How long, in seconds, the client goes on asking a Snowflake that gives no answer.
_LOGIN_SECONDS, _NETWORK_SECONDS = 60, 300


def login(settings: Settings) -> Mapping[str, Any]:
    """What the connection says of account, user and how to log in.

    Raises:
        ConfigError: the client is not installed, there is no such connection, or it is one with a password.
    """
    if find_spec("snowflake") is None or find_spec("snowflake.connector") is None:
        raise ConfigError(
            "warehouse.type: snowflake needs Snowflake's client, which is not installed",
            where=str(settings.file),
            hint="install it with: pip install 'fondaco[snowflake]'",
        )
    from snowflake.connector.config_manager import CONFIG_MANAGER
    from snowflake.connector.errors import Error

    wanted = settings.warehouse.snowflake.connection
    try:
        connections = CONFIG_MANAGER["connections"]
        name = wanted or str(CONFIG_MANAGER["default_connection_name"])
    except Error as error:
        raise ConfigError(
            "there is no connections.toml of Snowflake", hint="write one: docs/how-to/snowflake.md says what stands in it"
        ) from error
    if name not in connections:
        raise ConfigError(
            f"there is no connection {name!r} in connections.toml",
            where=f"{settings.file}: warehouse.snowflake.connection",
            hint=f"known: {', '.join(sorted(connections)) or 'none'}",
        )
    said = {key: value for key, value in dict(connections[name]).items() if key not in _OURS}
    return _checked(name, said)


def _checked(name: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    where = f"connections.toml: [{name}]"
    if "password" in said:
        raise ConfigError(
            "a warehouse is not built with a password: Snowflake lets no service in with one",
            where=where,
            hint='a key pair (authenticator = "SNOWFLAKE_JWT", private_key_file = …), OAuth, a programmatic access token or a workload identity',
        )
    if unknown := sorted(set(said) - _KNOWN):
        raise ConfigError(f"{unknown[0]!r} is nothing that fondaco passes on", where=where, hint=f"known: {', '.join(sorted(_KNOWN))}")
    if "account" not in said:
        raise ConfigError("'account' is missing", where=where, hint="add account = …, as ORGANISATION-ACCOUNT")
    return said


class Snowflake:
    """A session.

    Statements and their answers come as plain values; what goes wrong names the statement's beginning and what Snowflake said.
    """

    def __init__(self, connection: Any, where: str) -> None:
        self._connection = connection
        self._where = where

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs a statement, with `?` for each value, and gives its rows. Raises BuildError if Snowflake refuses it."""
        return self._run(statement, values)[0]

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Runs a statement and gives its rows by the columns' names, in small letters."""
        found, names = self._run(statement, values)
        return [dict(zip(names, row, strict=True)) for row in found]

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs an INSERT for many rows in one call."""
        from snowflake.connector.errors import Error

        if not rows:
            return
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(statement, [tuple(row) for row in rows])
        except Error as error:
            raise refused(statement, error, self._where) from error

    def _run(self, statement: str, values: Sequence[object]) -> tuple[list[tuple[Any, ...]], list[str]]:
        from snowflake.connector.errors import Error

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, tuple(values) if values else None)
                return [tuple(row) for row in cursor.fetchall()], [column.name.lower() for column in cursor.description or ()]
        except Error as error:
            raise refused(statement, error, self._where) from error


def refused(statement: str, error: Exception, where: str) -> BuildError:
    """What Snowflake said against a statement, as an error of ours."""
    told = " ".join(str(getattr(error, "msg", error) or error).split())
    return BuildError(f"Snowflake refuses: {told[:500]}", where=f"{where}: {' '.join(statement.split())[:200]}", hint=_next_step(told))


def _next_step(told: str) -> str:
    low = told.lower()
    if "not allowed by integration" in low or "assuming aws_role" in low:
        return "does the storage integration allow the lake, and does the AWS role trust it? docs/how-to/snowflake.md, step 3"
    if "does not exist or not authorized" in low or "insufficient privileges" in low:
        return "`fondaco policy apply` makes what is missing and grants what is needed; `fondaco doctor warehouse` says what that is"
    return "mend it and call again: what was done stays, and is not done twice"


@contextmanager
def opened(settings: Settings, role: str | None = None, tag: str = "") -> Iterator[Snowflake]:
    """A session in the shop's database.

    Args:
        role: to begin with; None: the user's own.
        tag: the query tag of what is asked.

    Raises:
        ConfigError: it is not said how to log in.
        BuildError: Snowflake lets nobody in so.
    """
    said = dict(login(settings))
    import snowflake.connector
    from snowflake.connector.errors import Error

    if "private_key_path" in said:
        said["private_key_file"] = said.pop("private_key_path")
    if "private_key_passphrase" in said:
        said["private_key_file_pwd"] = said.pop("private_key_passphrase")
    where = str(said["account"])
    snow = settings.snowflake_database
    # the client marks values with %s unless it is told otherwise, and a % in a statement would be one
    snowflake.connector.paramstyle = "qmark"
    try:
        connection = snowflake.connector.connect(
            **said,
            database=snow,
            warehouse=f"{snow}_BUILD",
            role=role,
            application="fondaco",
            login_timeout=_LOGIN_SECONDS,
            network_timeout=_NETWORK_SECONDS,
            session_parameters={"QUERY_TAG": tag},
        )
    except Error as error:
        told = " ".join(str(error.msg or error).split())
        raise BuildError(
            f"Snowflake lets nobody in: {told[:300]}",
            where=where,
            hint=f"account, user and key of the connection; has the user the role {role}?"
            if role
            else "account, user and key of the connection",
        ) from error
    try:
        yield Snowflake(connection, where)
    finally:
        connection.close()
