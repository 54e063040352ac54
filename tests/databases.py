"""Databases for the tests of SQL sources: one shape for SQLite, PostgreSQL and MariaDB, each with a clock that the test sets."""

from __future__ import annotations

import itertools
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from fondaco.sources.sql.dialect import Dialect
from fondaco.sources.sql.mysql import Mysql
from fondaco.sources.sql.postgres import Postgres
from fondaco.sources.sql.sqlite import Sqlite
from tests.servers import Server

ENGINES = ("sqlite", "postgres", "mysql")
_NUMBERS = itertools.count(1)


class Database(ABC):
    """An empty database that is one test's own.

    Attributes:
        time: the type of a time without zone.
        text: a type for a key of text.
    """

    engine: str
    time: str
    text: str

    def __init__(self) -> None:
        self.do("create table shop_clock (now varchar(40))", "insert into shop_clock values ('')")

    @abstractmethod
    def do(self, *statements: str) -> None: ...

    @abstractmethod
    def rows(self, query: str) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def dialect(self) -> Dialect:
        """As a source reads it, with the clock of `set_clock`."""

    @abstractmethod
    def close(self) -> None: ...

    def set_clock(self, now: datetime) -> None:
        self.do(f"update shop_clock set now = '{now:%Y-%m-%d %H:%M:%S.%f}'")

    def upsert(self, table: str, key: str, **values: Any) -> None:
        """Writes a row whole."""
        self.do(f"delete from {table} where {key} = {_written(values[key])}")
        names, said = ", ".join(values), ", ".join(_written(value) for value in values.values())
        self.do(f"insert into {table} ({names}) values ({said})")


def _written(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


class SqliteDatabase(Database):
    engine, time, text = "sqlite", "text", "text"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = off")
        super().__init__()

    def do(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def dialect(self) -> Dialect:
        return Sqlite(self.path)

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class ClockedPostgres(Postgres):
    def clock(self) -> str:
        return f'select now from "{self.schema}".shop_clock'


@dataclass(frozen=True)
class ClockedMysql(Mysql):
    def clock(self) -> str:
        return f"select now from `{self.database}`.shop_clock"


class PostgresDatabase(Database):
    """A schema of its own in the server's only database."""

    engine, time, text = "postgres", "timestamp(6)", "text"

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.connection = self.connect()
        self.do(f"create schema {self.name}")
        super().__init__()

    def connect(self) -> psycopg.Connection[Any]:
        """One more connection, which commits by itself."""
        server = self.server
        return psycopg.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, dbname="postgres", autocommit=True,
            options=f"-c search_path={self.name}",
        )  # fmt: skip

    def do(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def dialect(self) -> Dialect:
        return ClockedPostgres(self.server.host, self.server.port, "postgres", self.server.user, self.server.password, self.name)

    def close(self) -> None:
        self.do(f"drop schema {self.name} cascade")
        self.connection.close()


class MysqlDatabase(Database):
    engine, time, text = "mysql", "datetime(6)", "varchar(100)"

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.connection = self.connect()
        self.do(f"create database {self.name} character set utf8mb4", f"use {self.name}")
        super().__init__()

    def connect(self) -> pymysql.Connection[Any]:
        """One more connection, which commits by itself."""
        server = self.server
        return pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True)

    def do(self, *statements: str) -> None:
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return list(found)

    def dialect(self) -> Dialect:
        return ClockedMysql(self.server.host, self.server.port, self.name, self.server.user, self.server.password)

    def close(self) -> None:
        self.do(f"drop database {self.name}")
        self.connection.close()


def open_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> Database:
    """An empty database; a server is started when the first test needs it."""
    if engine == "sqlite":
        return SqliteDatabase(folder / "shop.sqlite")
    if engine == "postgres":
        return PostgresDatabase(request.getfixturevalue("postgres_server"))
    return MysqlDatabase(request.getfixturevalue("mariadb_server"))
