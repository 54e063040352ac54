"""The shop's database, as the script writes it and as a run opens it."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
import pymysql

from fondaco.sources import Source
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql.dialect import Dialect
from fondaco.sources.sql.mysql import Mysql
from fondaco.sources.sql.postgres import Postgres
from fondaco.sources.sql.sqlite import Sqlite
from tests.proof.script import CREATE, OVERLAP, SYSTEM, TABLES, Write
from tests.servers import Server

_NUMBERS = itertools.count(1)


def upserts(writes: Sequence[Write], placeholder: str) -> list[tuple[str, tuple[object, ...]]]:
    """Each write as statements that leave the row as it should be."""
    keys = {table.name: table.key for table in TABLES}
    found = list[tuple[str, tuple[object, ...]]]()
    for table, key, row in writes:
        where = " and ".join(f"{name} = {placeholder}" for name in keys[table])
        found.append((f"delete from {table} where {where}", key))
        if row is not None:
            found.append((f"insert into {table} values ({', '.join(placeholder for _ in row)})", row))
    return found


class SqliteShop:
    """A SQLite file in WAL mode."""

    def __init__(self, path: Path) -> None:
        self.dialect: Dialect = Sqlite(path)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = off")
        for statement in CREATE:
            self._connection.execute(statement.format(time="text"))

    def apply(self, writes: Sequence[Write]) -> None:
        self._connection.execute("begin immediate")
        for statement, values in upserts(writes, "?"):
            self._connection.execute(statement, values)
        self._connection.execute("commit")


class PostgresShop:
    """A schema of its own in a PostgreSQL server."""

    def __init__(self, server: Server) -> None:
        schema = f"proof_{os.getpid()}_{next(_NUMBERS)}"
        self.dialect: Dialect = Postgres(server.host, server.port, "postgres", server.user, server.password, schema)
        self._connection = psycopg.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, dbname="postgres", autocommit=True,
            options=f"-c search_path={schema}",
        )  # fmt: skip
        for statement in (f"create schema {schema}", *CREATE):
            self._connection.execute(statement.format(time="timestamp").encode())

    def apply(self, writes: Sequence[Write]) -> None:
        with self._connection.transaction():
            for statement, values in upserts(writes, "%s"):
                self._connection.execute(statement.encode(), values)


class MysqlShop:
    """A database of its own in a MariaDB server."""

    def __init__(self, server: Server) -> None:
        name = f"proof_{os.getpid()}_{next(_NUMBERS)}"
        self.dialect: Dialect = Mysql(server.host, server.port, name, server.user, server.password)
        self._connection = pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password)
        with self._connection.cursor() as cursor:
            for statement in (f"create database {name} character set utf8mb4", f"use {name}", *CREATE):
                cursor.execute(statement.format(time="datetime"))

    def apply(self, writes: Sequence[Write]) -> None:
        with self._connection.cursor() as cursor:
            for statement, values in upserts(writes, "%s"):
                cursor.execute(statement, values)
        self._connection.commit()


def open_shop(dialect: Dialect) -> Source:
    """The shop as a run opens it: swept every time, whatever share of it was deleted."""
    return SqlDatabase("proof", SYSTEM, dialect, overlap=OVERLAP, sweep=timedelta(), max_delete_share=1.0)
