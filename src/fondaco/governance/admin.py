"""The superuser's connection to the server that people ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from fondaco.errors import ServeError
from fondaco.governance.server import SAFE, is_safe, server_of
from fondaco.settings import Settings

if TYPE_CHECKING:
    import psycopg

#: Who a reader waits for at most while a view is replaced; below PostgreSQL's own wait before it looks for deadlocks, so that none is ever found.
LOCK_TIMEOUT = "300ms"


def conninfo_of(settings: Settings) -> str:
    """How the superuser connects to the server of a shop, ours or the one that fondaco.yml names."""
    return settings.serve.admin.get_secret_value() if settings.serve.admin else server_of(settings).conninfo


def is_served(settings: Settings) -> bool:
    """Whether people are served: our server runs, or fondaco.yml names another one."""
    return settings.serve.admin is not None or (settings.serve_dir.is_dir() and server_of(settings).is_running())


@contextmanager
def admitted(settings: Settings) -> Iterator[psycopg.Connection[tuple[str, ...]]]:
    """A superuser's connection; each statement is a transaction unless one is begun.

    Raises:
        ServeError: the server cannot be reached, is too old, or lets us in as less than a superuser.
    """
    psycopg = client()
    try:
        connection = psycopg.connect(conninfo_of(settings), autocommit=True, connect_timeout=10)
    except psycopg.ProgrammingError:
        # its own words would repeat the address, and a password in it
        raise ServeError(
            "this is no address of a PostgreSQL server",
            where="serve.admin",
            hint="write it as postgresql://user:password@host:port/database",
        ) from None
    except psycopg.OperationalError as error:
        raise ServeError(
            f"the server cannot be reached: {str(error).strip().splitlines()[0]}",
            where="serve.admin" if settings.serve.admin else str(settings.serve_dir),
            hint="start it with: fondaco serve" if settings.serve.admin is None else "look at serve.admin",
        ) from None
    with connection:
        check(connection)
        connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        yield connection


def check(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    """Nothing, if the server is one that holds what the policy promises and we may govern it. Raises ServeError."""
    number = connection.info.server_version
    version = (number // 10_000, number % 10_000)
    if not is_safe(version):
        raise ServeError(
            f"the server is PostgreSQL {version[0]}.{version[1]}, which is too old: its statistics show rows that a policy hides",
            hint=f"upgrade it to {' or '.join(f'{major}.{minor}' for major, minor in SAFE.items())} or later",
        )
    found = connection.execute("SELECT rolsuper::text FROM pg_roles WHERE rolname = session_user").fetchone()
    if found != ("true",):
        raise ServeError(
            "whoever serve.admin names is no superuser of the server", hint="rights can only be closed by one who has them all"
        )


def database_of(connection: psycopg.Connection[tuple[str, ...]]) -> str:
    """The database that it is connected to."""
    return connection.info.dbname


def client() -> ModuleType:
    """psycopg, which only a served warehouse needs. Raises ServeError if it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise ServeError("the client of PostgreSQL is not installed", hint="pip install 'fondaco[serve]'") from None
    return psycopg
