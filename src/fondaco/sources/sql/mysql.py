"""MySQL and MariaDB: a consistent snapshot of InnoDB in UTC, zero dates and bits told from what they look like.

DuckDB's extension streams outside of any transaction, and inside of one it holds an answer whole (1.5.5). So a table is read in the
snapshot page by page along its primary key. One that has no such key is streamed by a statement of its own, which InnoDB keeps consistent in itself.

A server that this package was not tried with is MySQL itself; what is said here is proven on MariaDB.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from fondaco.contracts import Column, decimal_parts
from fondaco.sources.sql.dialect import FIRST_DAY, Advice, CursorKind, Engine, Found, Item, Query, literal
from fondaco.sources.sql.duck import Attachment, Duck

_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_PLAIN = _INTEGERS | _TEXTS | {"float", "double"}
_BLOBS = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon"})
_BLOBS |= {"multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector"}
_NUMBERS = frozenset({"bigint", "double"})
_TLS = {"disable": "disabled", "prefer": "preferred", "require": "required", "verify-ca": "verify_ca", "verify-full": "verify_identity"}
#: Runs a query on the connection of the snapshot.
_IN_SNAPSHOT = ", stream_results = false"
#: What the snapshot is made of. The server itself refuses to write in it, whatever the user may do.
_BEGIN = (
    "commit",
    "set session transaction isolation level repeatable read",
    "set session transaction read only",
    "set session time_zone = '+00:00'",
    "set session sql_mode = ''",
    # the server gives up on a client that takes no rows for so long, seconds: a lake may be slow
    "set session net_write_timeout = 3600",
    "set session wait_timeout = 3600",
    "set session lock_wait_timeout = 30",
    "start transaction with consistent snapshot",
)


@dataclass(frozen=True)
class Mysql:
    """A database of MySQL or MariaDB.

    Attributes:
        prefix: what stands before the name of every table.
        ssl: ``disable``, ``prefer``, ``require``, ``verify-ca``, ``verify-full``.
        ssl_ca: file with the authority's certificate.
    """

    host: str
    port: int
    database: str
    user: str
    password: str
    prefix: str = ""
    ssl: str = "prefer"
    ssl_ca: str | None = None

    name = "MySQL"
    counts_cheaply = False
    clock_table = None
    advice = (
        Advice("Access denied for user", "check user, password and host: the password comes from the environment"),
        Advice("Unknown database", "check database in fondaco.yml"),
        Advice("command denied", "grant select on the table to this user"),
        Advice("SSL", "set ssl: prefer, or switch TLS on at the server; ssl_ca names the authority's certificate"),
        Advice("Too many connections", "raise max_connections, or close other connections"),
        Advice("Lost connection", "run again: nothing of this table was committed"),
        Advice("gone away", "run again: nothing of this table was committed"),
        Advice("Lock wait timeout", "somebody is changing the table; run again later"),
        Advice("Table definition has changed", "the table was altered while it was read; run again"),
    )

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,) if self.password else ()

    def probe(self, patience: float) -> None:
        socket.create_connection((self.host, self.port), timeout=patience).close()

    def engine(self) -> Engine:
        secret = {"host": self.host, "port": str(self.port), "database": self.database, "user": self.user, "password": self.password}
        path = f"ssl_mode={_TLS[self.ssl]}" + (f' ssl_ca="{_escaped(self.ssl_ca)}"' if self.ssl_ca else "")
        attachment = Attachment(
            extension="mysql_scanner",
            query="mysql_query",
            kind="mysql",
            path=path,
            secret=tuple((name, value) for name, value in secret.items() if value),
            # a TINYINT(1) may hold any small number
            settings=(
                ("mysql_tinyint1_as_boolean", "false"),
                ("mysql_bit1_as_boolean", "false"),
                ("mysql_session_time_zone", "+00:00"),
            ),
            options=_IN_SNAPSHOT,
            begin=tuple(f"from mysql_execute('shop', {literal(statement)})" for statement in _BEGIN),
            # DuckDB's own read-only mode refuses the statements above
            read_only=False,
        )
        return MysqlEngine(attachment, self)

    def primary_key(self, table: str) -> str:
        """Query: name, type and character set of the columns of the primary key, in order."""
        return f"""
            select s.column_name, lower(c.data_type), c.character_set_name
            from information_schema.statistics s join information_schema.columns c
                on (c.table_schema, c.table_name, c.column_name) = (s.table_schema, s.table_name, s.column_name)
            where s.table_schema = {literal(self.database)} and s.table_name = {literal(self.prefix + table)} and s.index_name = 'PRIMARY'
            order by s.seq_in_index
        """

    def clock(self) -> str:
        return "select cast(utc_timestamp(6) as char)"

    def tables(self) -> str:
        return f"select table_name from information_schema.tables where table_schema = {literal(self.database)}"

    def columns(self, table: str) -> str:
        # only columns that this user may read are listed; a table without any is not listed at all
        return f"""
            select column_name, lower(data_type), cast(numeric_precision as char), cast(numeric_scale as char), is_nullable,
                cast(column_type as char), collation_name
            from information_schema.columns
            where table_schema = {literal(self.database)} and table_name = {literal(self.prefix + table)} order by ordinal_position
        """

    def found(self, row: Sequence[str | None]) -> Found:
        name, kind, precision, scale, is_nullable, detail, collation = row
        length, places = int(precision) if precision else None, int(scale) if scale else None
        return Found(name or "", kind or "", length, places, is_nullable == "YES", True, detail or "", collation or "")

    def width(self, table: str) -> str:
        return (
            "select cast(avg_row_length as char) from information_schema.tables "
            f"where table_schema = {literal(self.database)} and table_name = {literal(self.prefix + table)} and table_rows > 0"
        )

    def quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def named(self, table: str) -> str:
        return f"{self.quoted(self.database)}.{self.quoted(self.prefix + table)}"

    def item(self, found: Found, column: Column | None, zone: str) -> Item:
        name, at = found.name, self.quoted(found.name)
        declared = column.type if column else None
        is_number = declared is not None and (decimal_parts(declared) is not None or declared in _NUMBERS)
        if found.kind in _TEXTS and found.collation.endswith("_bin"):
            return Item(name, at, "decode({})")  # DuckDB takes it for bytes (1.5.5)
        if found.kind in _PLAIN:
            return Item(name, at)
        if found.kind in _BLOBS:
            # not in the source's SQL: beyond max_allowed_packet its hex() is NULL
            return Item(name, at, "'x''' || hex({}) || ''''")
        if found.kind == "decimal" and is_number and found.precision is not None and found.precision <= 38:
            return Item(name, at)
        if found.kind == "bit":
            value = f"cast({at} as unsigned)"
            return Item(name, value if is_number or declared == "boolean" else f"lpad(bin({value}), {found.precision}, '0')")
        if found.kind == "year":
            return Item(name, f"cast({at} as unsigned)")
        if found.kind == "date" and declared in ("date", "timestamp"):
            return _dated(name, at)
        if found.kind == "datetime" and (declared in ("timestamp", "date") or (declared == "timestamptz" and zone == "UTC")):
            return _dated(name, at, is_instant=declared == "timestamptz")
        if found.kind == "timestamp" and (declared == "timestamptz" or (declared in ("timestamp", "date") and zone == "UTC")):
            return _dated(name, at, is_instant=declared == "timestamptz")
        if found.kind == "timestamp":
            return Item(name, f"concat(cast({at} as char), '+00:00')")
        return Item(name, f"cast({at} as char)")

    def cursor_kind(self, found: Found, declared: str) -> CursorKind:  # noqa: ARG002
        kinds: dict[str, CursorKind] = {"timestamp": "instant", "datetime": "naive", "date": "day", "decimal": "number", "year": "number"}
        return "number" if found.kind in _INTEGERS else kinds.get(found.kind, "text")

    def bound(self, value: datetime | int, kind: CursorKind) -> str:
        if isinstance(value, int):
            return str(value)
        return f"'{value:%Y-%m-%d}'" if kind == "day" else f"'{value:%Y-%m-%d %H:%M:%S.%f}'"

    def odd_text(self, items: Sequence[Item]) -> str:
        return f"json_object({', '.join(f'{literal(item.name)}, {item.text}' for item in items)})"

    # --- what the doctor asks -----------------------------------------------------------------------------------------

    def version(self) -> str:
        return "select version()"

    def zones(self) -> str:
        return "select if(@@global.time_zone = 'SYSTEM', @@system_time_zone, @@global.time_zone), @@session.time_zone"

    def entry(self) -> None:
        return None  # a database that the user may not use cannot be opened

    def relation(self, table: str) -> str:
        return f"select if(table_type like '%VIEW', 'view', 'table') from information_schema.tables where {self._is(table)}"

    def led_by(self, table: str) -> str:
        return (
            f"select column_name from information_schema.statistics where {self._is(table)} and seq_in_index = 1 and index_type = 'BTREE'"
        )

    def outside(self, table: str, ask: Callable[[str], list[tuple[Any, ...]]]) -> tuple[str, str] | None:
        storage = str(ask(f"select coalesce(engine, 'a view') from information_schema.tables where {self._is(table)}")[0][0])
        if storage.lower() not in ("innodb", "a view", "rocksdb"):
            why = (
                f"its engine is {storage}, which has no snapshot: rows that change while it is read may be of another moment than the rest"
            )
            return why, f"ALTER TABLE {self.named(table)} ENGINE = InnoDB;"
        key = self.key_of(table, ask)
        if key and all(column.is_pageable for column in key):
            return None
        why = "it is a view" if storage == "a view" else "its primary key cannot be paged along" if key else "it has no primary key"
        fix = f"ALTER TABLE {self.named(table)} ADD PRIMARY KEY (…); or leave it: in itself it is read as of one moment, by one statement"
        return f"{why}, so it is streamed outside the snapshot of the other tables", fix

    def writable(self) -> str:
        who = "concat(quote(substring_index(current_user(), '@', 1)), '@', quote(substring_index(current_user(), '@', -1)))"
        rights = f"grantee = {who} and privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'DROP', 'ALTER', 'CREATE')"
        # a grant may write the underscore in the name of a database with a backslash
        here = f"replace(table_schema, char(92), '') = {literal(self.database)}"
        return (
            f"select concat(privilege_type, ' on *.*') from information_schema.user_privileges where {rights} "
            f"union select concat(privilege_type, ' on ', table_schema) from information_schema.schema_privileges where {rights} and {here} "
            f"union select concat(privilege_type, ' on ', table_name) from information_schema.table_privileges where {rights} and {here}"
        )

    def to_index(self, table: str, column: str, *, is_partitioned: bool) -> str:  # noqa: ARG002
        return f"CREATE INDEX {self.quoted(f'{self.prefix}{table}_{column}'[:64])} ON {self.named(table)} ({self.quoted(column)});"

    def to_grant(self, table: str | None) -> str:
        if table is not None:
            return f"GRANT SELECT ON {self.named(table)} TO '{self.user}'@'…';"
        return (
            f"CREATE USER 'fondaco_reader'@'…' IDENTIFIED BY '…'; GRANT SELECT ON {self.quoted(self.database)}.* TO 'fondaco_reader'@'…';"
        )

    def is_replica(self) -> str:
        return "select cast(@@global.read_only as char)"

    def replication(self, version: str) -> str:
        if "mariadb" in version.lower():
            return "show slave status"
        parts = tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
        return "show replica status" if parts >= (8, 0, 22) else "show slave status"

    def behind(self, state: Mapping[str, Any]) -> float | None:
        said = next((value for name, value in state.items() if name.lower() in ("seconds_behind_master", "seconds_behind_source")), None)
        return None if said is None else float(said)

    def to_ask_replication(self) -> str:
        return f"GRANT REPLICATION CLIENT ON *.* TO '{self.user}'@'…'; (MariaDB from 10.5: GRANT SLAVE MONITOR)"

    def key_of(self, table: str, ask: Callable[[str], list[tuple[Any, ...]]]) -> list[_Key]:
        """The columns of the table's primary key, in order."""
        return [_Key(self.quoted(name), kind, charset) for name, kind, charset in ask(self.primary_key(table))]

    def _is(self, table: str) -> str:
        return f"table_schema = {literal(self.database)} and table_name = {literal(self.prefix + table)}"


class MysqlEngine(Duck):
    """Reads page by page along the primary key, in the snapshot."""

    def __init__(self, attachment: Attachment, database: Mysql) -> None:
        super().__init__(attachment)
        self._database = database

    def batches(self, outputs: Sequence[tuple[str, str]], query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
        key = self._database.key_of(query.table[0], self.rows)
        if not key or not all(column.is_pageable for column in key):
            yield from super().batches(outputs, query, batch_rows)
            return
        marks = [(f"cast(k{index} as varchar)", f"_k{index}") for index in range(len(key))]
        select = ", ".join([query.select, *(f"{column.text} as k{index}" for index, column in enumerate(key))])
        order = ", ".join(column.name for column in key)
        after = "true"
        while True:
            page = f"select {select} from {query.table[1]} where ({query.condition}) and {after} order by {order} limit {batch_rows}"
            read, last = 0, None
            for batch in self.stream([*outputs, *marks], page, batch_rows, _IN_SNAPSHOT):
                read, last = read + batch.num_rows, batch.slice(batch.num_rows - 1)
                yield batch.drop_columns([name for _, name in marks])
            if last is None or read < batch_rows:
                return
            after = _after([(column.name, column.literal(str(last.column(f"_k{i}")[0].as_py()))) for i, column in enumerate(key)])


@dataclass(frozen=True)
class _Key:
    """A column of a primary key, by which pages are found."""

    name: str
    kind: str
    charset: str | None

    @property
    def is_pageable(self) -> bool:
        """Whether its order is that of its comparison with a literal: an enum's is not, a float has no exact literal."""
        return self.kind in _INTEGERS | _TEXTS | {"binary", "varbinary", "date", "datetime", "timestamp", "decimal", "year"}

    @property
    def text(self) -> str:
        """SQL for its value, as `literal` takes it."""
        return f"hex({self.name})" if self.kind in _TEXTS | {"binary", "varbinary"} else f"cast({self.name} as char)"

    def literal(self, text: str) -> str:
        if self.kind in _TEXTS:
            return f"_{self.charset} x'{text}'"
        if self.kind in ("binary", "varbinary"):
            return f"x'{text}'"
        return text if self.kind in _INTEGERS | {"decimal", "year"} else f"'{text}'"


def _after(key: Sequence[tuple[str, str]]) -> str:
    """SQL for the rows behind the one of this key, in a form that the index serves."""
    (name, value), rest = key[0], key[1:]
    return f"{name} > {value}" if not rest else f"({name} >= {value} and ({name} > {value} or {_after(rest)}))"


def _dated(name: str, at: str, is_instant: bool = False) -> Item:
    """A date or a time, NULL where it is none (zero dates, a day or month 0, 31 February): such a value comes as text."""
    no_day = f"dayofmonth({at}) > 28 and dayofmonth({at}) > dayofmonth(last_day(date_format({at}, '%Y-%m-01')))"
    odd = f"({at} < '{FIRST_DAY}' or month({at}) = 0 or dayofmonth({at}) = 0 or ({no_day}))"
    text = f"concat(cast({at} as char), '+00:00')" if is_instant else f"cast({at} as char)"
    outer = "timezone('UTC', cast({} as timestamp))" if is_instant else "{}"
    return Item(name, f"if({odd}, null, {at})", outer, odd, text)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
