"""What the client speaks with: logging in, statements, results, as Snowflake's protocol has them."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import fakesnow.server  # noqa: F401  (brings its transforms in)
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot.errors
import uvicorn
from fakesnow.arrow import to_sf_schema
from fakesnow.converter import from_binding
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import FakeSnow
from fakesnow.rowtype import describe_as_rowtype
from snowflake.connector.errors import Error
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fondaco.storage import Place
from fondaco.storage import admit as let_read
from tests.servers import free_port
from tests.snow.double import governing, reading
from tests.snow.double.account import Account, Denied, External, Name, Session, User

_DML = {"insert": 0x3100, "update": 0x3200, "delete": 0x3300, "merge": 0x3400}


@dataclass
class Said:
    """One statement that came: who sent it, with which tag, and what was wrong with it."""

    user: str
    role: str
    tag: str
    sql: str
    error: str | None = None


@dataclass
class Double:
    """An account that runs in this process.

    Attributes:
        lake: where external tables read; None: nowhere.
        said: all statements so far.
        down: told of a statement, it may raise what shall go wrong with it.
    """

    port: int
    account: Account = field(default_factory=Account)
    lake: Place | None = None
    said: list[Said] = field(default_factory=list)
    down: Any = None
    _fake: Any = field(default_factory=lambda: FakeSnow(create_database_on_connect=False, create_schema_on_connect=False))
    _sessions: dict[str, tuple[Session, Any]] = field(default_factory=dict)
    _shown: dict[Name, tuple[Any, ...]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def user(self, name: str, *roles: str) -> None:
        """An administrator's doing: a user who has these roles, the first one to begin with."""
        self.account.users[name] = User(default_role=roles[0], takes_all_roles=False, kind="SERVICE", roles=set(roles))

    # --- the protocol ------------------------------------------------------------------------------------------------------------

    async def login(self, request: Request) -> JSONResponse:
        data = (await _body(request))["data"]
        user = str(data.get("LOGIN_NAME", "")).upper()
        known = self.account.users.get(user)
        if known is None:
            return _refused("390100", "Incorrect username or password was specified.")
        role = (request.query_params.get("roleName") or known.default_role or "PUBLIC").strip('"').upper()
        if role != "PUBLIC" and role not in self.account.closure(known.roles):
            return _refused("390189", f"Role '{role}' specified in the connect string does not exist or not authorized.")
        database, schema = (request.query_params.get(name) for name in ("databaseName", "schemaName"))
        session = Session(user, role, known.takes_all_roles)
        conn = self._fake.connect(None, None, autocommit=True)
        if database and ("DATABASE", (database.strip('"').upper(),)) in self.account.owners:
            session.database = database.strip('"').upper()
            conn = self._fake.connect(session.database, None, autocommit=True)
            if schema and ("SCHEMA", (session.database, schema.upper())) in self.account.owners:
                session.schema = schema.upper()
                conn = self._fake.connect(session.database, session.schema, autocommit=True)
        parameters = data.get("SESSION_PARAMETERS", {})
        session.tag = str(parameters.get("QUERY_TAG") or "")
        if warehouse := request.query_params.get("warehouse"):
            session.warehouse = warehouse.upper()
        if self.lake is not None:
            let_read(conn._duck_conn, self.lake)
        token = secrets.token_urlsafe(16)
        self._sessions[token] = (session, conn)
        return JSONResponse(
            {
                "success": True,
                "data": {
                    "token": token,
                    "masterToken": token,
                    "serverVersion": "9.0.0",
                    "parameters": [{"name": "AUTOCOMMIT", "value": True}, {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0}],
                    "sessionInfo": {"databaseName": session.database, "schemaName": session.schema, "roleName": session.role},
                },
            }
        )

    async def query(self, request: Request) -> JSONResponse:
        token = request.headers.get("Authorization", "")[17:-1]
        if token not in self._sessions:
            return _refused("390104", "User must login again to access the service.")
        session, conn = self._sessions[token]
        said = await _body(request)
        sql = said["sqlText"]
        noted = Said(session.user, session.role, session.tag, sql)
        self.said.append(noted)
        try:
            table = await run_in_threadpool(self._run, session, conn, sql, _rows_of_bindings(said.get("bindings")))
            return self._answer(session, table, sql)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is told: an answer of 500 is asked again without end
            noted.error = _told(error)
            return _refused("002003" if isinstance(error, Denied) else "001003", f"SQL compilation error:\n{noted.error}")

    def _answer(self, session: Session, table: pa.Table, sql: str) -> JSONResponse:
        kind = _DML.get(sql.strip().split(None, 1)[0].lower(), 0x1000) if sql.strip() else 0x1000
        rowtype = _rowtype(table)
        if kind != 0x1000:
            rows = [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
            result: dict[str, Any] = {"queryResultFormat": "json", "rowset": rows}
        else:
            result = {"queryResultFormat": "arrow", "rowsetBase64": _arrow(table, rowtype) if table.num_rows else ""}
        return JSONResponse(
            {
                "success": True,
                "data": {
                    "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
                    "rowtype": rowtype,
                    "total": table.num_rows,
                    "returned": table.num_rows,
                    "queryId": secrets.token_hex(16),
                    "statementTypeId": kind,
                    "finalDatabaseName": session.database,
                    "finalSchemaName": session.schema,
                    "finalRoleName": session.role,
                    "finalWarehouseName": session.warehouse,
                    **result,
                },
            }
        )

    async def end(self, request: Request) -> JSONResponse:
        found = self._sessions.pop(request.headers.get("Authorization", "")[17:-1], None)
        if found is not None:
            found[1].close()
        return JSONResponse({"success": True, "data": None})

    # --- statements --------------------------------------------------------------------------------------------------------------

    def _run(self, session: Session, conn: FakeSnowflakeConnection, sql: str, bound: list[tuple[Any, ...]]) -> pa.Table:
        with self._lock:
            if self.down is not None:
                self.down(sql)
            text = _without_comments(sql)
            for pattern, handler in governing.STATEMENTS:
                if (found := pattern.fullmatch(text)) is not None:
                    return self._govern(session, conn, handler, found)
            admitted = reading.admit(self.account, session, text)
            self._show_externals(conn)
            cursor = conn.cursor()
            affected = 0
            if admitted.first:
                cursor.execute(admitted.first, server=True)
            for row in bound or [()]:
                cursor.execute(admitted.sql, **({"binding_params": row} if row else {}), server=True)
                affected += cursor.rowcount or 0
            reading.note(self.account, session, admitted)
            session.database, session.schema = conn.database or session.database, conn.schema or session.schema
            table: pa.Table | None = cursor._arrow_table
            if len(bound) > 1:
                return pa.table({"number of rows inserted": [affected]})
            return table if table is not None else _DONE

    def _govern(self, session: Session, conn: FakeSnowflakeConnection, handler: governing.Handler, found: Any) -> pa.Table:
        databases = {name for kind, name in self.account.owners if kind == "DATABASE"}
        schemas = {name for kind, name in self.account.owners if kind == "SCHEMA"}
        rows = handler(self.account, session, found)
        for kind, name in list(self.account.owners):
            if kind == "DATABASE" and name not in databases:
                conn.cursor().execute(f'CREATE DATABASE IF NOT EXISTS "{name[0]}"')
            if kind == "SCHEMA" and name not in schemas:
                conn._duck_conn.execute(f'create schema if not exists "{name[0]}"."{name[1]}"')
        if rows is None:
            return _DONE
        names = list(rows[0]) if rows else ["name"]
        return pa.table({name: pa.array([None if row[name] is None else str(row[name]) for row in rows], pa.string()) for name in names})

    def _show_externals(self, conn: FakeSnowflakeConnection) -> None:
        """External tables are views over the files that they were told of, made anew where that changed."""
        for name, external in self.account.externals.items():
            state = (tuple(external.files), tuple(external.columns))
            if self._shown.get(name) != state:
                conn._duck_conn.execute(_external_view(name, external))
                self._shown[name] = state


_DONE = pa.table({"status": ["Statement executed successfully."]})


def _external_view(name: Name, external: External) -> str:
    place = ".".join(f'"{part}"' for part in name)
    if not external.files:
        columns = ", ".join(f'cast(null as {_type(kind)}) as "{column}"' for column, kind, _ in external.columns)
        return f"create or replace view {place} as select {columns} where false"
    files = ", ".join(f"'{external.location}{file}'" for file in external.files)
    # a column that no file has is NULL
    known = f"read_parquet([{files}], union_by_name = true, filename = true, hive_partitioning = false)"
    columns = ", ".join(f'{_made(made, kind)} as "{column}"' for column, kind, made in external.columns)
    return f"create or replace view {place} as select {columns} from (select to_json(rows) as _json, rows.filename as _file, rows as _row from {known} as rows)"


def _made(made: str, kind: str) -> str:
    """What a column of an external table is made of: a field of the file, or a part of its name."""
    if (field := re.fullmatch(r'VALUE:"?([^":]+)"?::[\w(), ]+', made)) is not None:
        # through the text, as a variant's field is: exact for numbers and times
        return f"cast(json_extract_string(_json, '$.\"{field[1]}\"') as {_type(kind)})"
    if "METADATA$FILENAME" in made:
        return "cast(regexp_extract(_file, 'ingestion_date=([0-9]{4}-[0-9]{2}-[0-9]{2})', 1) as date)"
    raise Denied(f"nobody knows how to make a column of {made}")


def _type(kind: str) -> str:
    return {"TIMESTAMP_NTZ": "timestamp", "VARCHAR": "varchar", "FLOAT": "double"}.get(
        kind.upper(), kind.lower().replace("number", "decimal")
    )


def _rowtype(table: pa.Table) -> list[Any]:
    relation = duckdb.from_arrow(table.slice(0, 0))
    described = [(name, str(kind), None, None, None, None) for name, kind in zip(relation.columns, relation.types, strict=True)]
    return [*describe_as_rowtype(described)]


def _arrow(table: pa.Table, rowtype: list[Any]) -> str:
    schema = to_sf_schema(table.schema, rowtype)
    columns = [_column(column.combine_chunks(), wanted) for column, wanted in zip(table.columns, schema, strict=True)]
    batch = pa.RecordBatch.from_arrays(columns, schema=pa.schema([one.with_nullable(True) for one in schema]))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return b64encode(sink.getvalue()).decode()


def _column(column: Any, wanted: Any) -> Any:
    if pa.types.is_timestamp(column.type):
        # fakesnow leaves the mask out: NULL would come back as 1970
        micros = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64()).fill_null(0)
        seconds = pc.floor(pc.divide(micros.cast(pa.float64()), 1e6)).cast(pa.int64())
        nanos = pc.multiply(pc.subtract(micros, pc.multiply(seconds, 1_000_000)), 1000).cast(pa.int32())
        zone = [pa.array([1440] * len(column), pa.int32())] if column.type.tz else []
        return pa.StructArray.from_arrays([seconds, nanos, *zone], fields=list(wanted.type), mask=column.is_null())
    if pa.types.is_time(column.type):
        return pc.multiply(column.cast(pa.int64()), 1000)
    return column.cast(wanted.type)


def _rows_of_bindings(bindings: dict[str, Any] | None) -> list[tuple[Any, ...]]:
    if not bindings:
        return []
    columns = [bindings[str(position)] for position in range(1, len(bindings) + 1)]
    if any(isinstance(one["value"], list) for one in columns):
        return list(zip(*[[from_binding({**one, "value": value}) for value in one["value"]] for one in columns], strict=True))
    return [tuple(from_binding(one) for one in columns)]


def _without_comments(sql: str) -> str:
    """The statement without what dbt says in front of or behind it."""
    text = re.sub(r"/\*.*?\*/", " ", sql, flags=re.DOTALL) if "/*" in sql else sql
    return text.strip().rstrip(";").strip()


def _told(error: Exception) -> str:
    if isinstance(error, Error):
        return str(error.msg)
    if isinstance(error, sqlglot.errors.ParseError):
        return f"syntax error: {error}"
    return f"{error}" if isinstance(error, Denied) else f"{type(error).__name__}: {error}"


async def _body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    found: dict[str, Any] = json.loads(body)
    return found


def _refused(code: str, message: str) -> JSONResponse:
    return JSONResponse({"success": False, "code": code, "message": message, "data": {"errorCode": code, "sqlState": "42S02"}})


@contextmanager
def double(lake: Place | None = None) -> Iterator[Double]:
    """An account with an administrator ADMIN, on a port of its own; gone afterwards."""
    account = Double(free_port(), lake=lake)
    account.user("ADMIN", "ACCOUNTADMIN")
    routes = [
        Route("/session/v1/login-request", account.login, methods=["POST"]),
        Route("/queries/v1/query-request", account.query, methods=["POST"]),
        Route("/session", account.end, methods=["POST"]),
        Route("/queries/v1/abort-request", lambda _: JSONResponse({"success": True}), methods=["POST"]),
    ]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=account.port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    limit = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < limit, "the double does not start"
        time.sleep(0.02)
    try:
        yield account
    finally:
        server.should_exit = True
        thread.join(10)
