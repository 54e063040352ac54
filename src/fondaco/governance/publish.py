"""Copies the served layers into the server after a good build: what changed, in one transaction, while people read.

A reader sees the old rows or the new ones: rows are deleted and copied in one transaction, which takes no lock that a reader waits for. A
relation whose columns changed is filled beside the old one and takes its place at the end. What did not change is not copied.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from fondaco.errors import ServeError
from fondaco.governance import postgres
from fondaco.governance.admin import LOCK_TIMEOUT
from fondaco.governance.enforce import expected, keep, said, shape
from fondaco.governance.plan import Plan, PlannedRelation
from fondaco.governance.postgres import OWN, base
from fondaco.governance.sql import identifier, literal
from fondaco.governance.sql import relation as qualified
from fondaco.settings import Settings
from fondaco.storage import extension
from fondaco.warehouse.door import reader

if TYPE_CHECKING:
    import psycopg

#: Rows of a relation that are looked through for addresses in columns that nobody classified.
_LOOKED_AT = 50_000
_ADDRESS = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
_ATTEMPTS = 20
_THERE = """
select schema_name || '.' || table_name from duckdb_tables() union all select schema_name || '.' || view_name from duckdb_views() where not internal
"""


@dataclass(frozen=True)
class Published:
    """What was copied.

    Attributes:
        rows: rows of each relation that was copied, by path.
        unchanged: relations that were as they should be.
        made: those among them that are new there, or have other columns than before.
        missing: served relations that the warehouse does not have yet.
    """

    rows: Mapping[str, int]
    made: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    seconds: float


def publish(
    settings: Settings,
    plan: Plan,
    admin: psycopg.Connection[tuple[str, ...]],
    conninfo: str,
    *,
    layers: Collection[str] | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Published:
    """Copies what differs between the warehouse and the server.

    Args:
        conninfo: how the superuser connects.
        layers: only these; None means all that are served.

    Raises:
        UsageError: there is no warehouse yet.
        LockedError: a build is running.
        ServeError: a relation is not as its model says, a column that nobody classified holds addresses, or the server refuses.
    """
    began = time.monotonic()
    with reader(settings.warehouse) as warehouse:
        there = {row[0] for row in warehouse.execute(_THERE).fetchall()}
        wanted = [relation for relation in plan.served if layers is None or relation.layer in layers]
        served = [relation for relation in wanted if relation.path in there]
        missing = tuple(relation.path for relation in wanted if relation.path not in there)
        shapes = {relation.path: shape(admin, relation) == expected(relation) for relation in served}
        file = _file(settings)
        if all(shapes.values()) and said(admin, "warehouse") == (file,):
            return Published({}, (), tuple(shapes), missing, time.monotonic() - began)
        known = {row[0]: row[1] for row in admin.execute(f"SELECT path, digest FROM {OWN}.published").fetchall()}
        digests = {relation.path: _digest(warehouse, relation) for relation in served}
        changed = [relation for relation in served if not shapes[relation.path] or known.get(relation.path) != digests[relation.path]]
        for relation in changed:
            _look_for_persons(warehouse, relation)
        rows: dict[str, int] = {}
        if changed:
            _attach(warehouse, conninfo)
            rows = _persistently(warehouse, conninfo, lambda: _copied(warehouse, plan, changed, shapes, digests, on_step))
        if layers is None:
            keep(admin, "warehouse", file)
    for relation in changed:
        if not shapes[relation.path]:
            # the first questions are to be planned by what is there; after that the server keeps its statistics, and makes room, by itself
            admin.execute(f"ANALYZE (SKIP_LOCKED) {qualified(base(relation.layer), relation.name)}")
    unchanged = tuple(relation.path for relation in served if relation.path not in rows)
    made = tuple(relation.path for relation in changed if not shapes[relation.path])
    return Published(rows, made, unchanged, missing, time.monotonic() - began)


def _file(settings: Settings) -> str:
    """What tells one state of the warehouse's file from another without opening it."""
    paths = (settings.warehouse.path, settings.warehouse.path.with_name(settings.warehouse.path.name + ".wal"))
    return " ".join(f"{path.stat().st_mtime_ns}-{path.stat().st_size}" for path in paths if path.is_file())


def _attach(warehouse: duckdb.DuckDBPyConnection, conninfo: str) -> None:
    warehouse.execute(f"load {literal(str(extension('postgres_scanner')), 'duckdb')}")
    warehouse.execute("set enable_progress_bar = false")
    warehouse.execute("set TimeZone = 'UTC'")
    # PostgreSQL has no text with a zero byte
    warehouse.execute("set pg_null_byte_replacement = '\ufffd'")
    try:
        warehouse.execute(f"attach {literal(conninfo, 'duckdb')} as served (type postgres, read_write)")
    except duckdb.Error:
        # the engine's own words would repeat how we connect
        raise ServeError("the engine cannot reach the server that the policy was put in force on") from None


def _persistently(warehouse: duckdb.DuckDBPyConnection, conninfo: str, copy: Callable[[], dict[str, int]]) -> dict[str, int]:
    """Copies again where it had to wait too long for readers. What is said of a failure does not repeat how we connect."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return copy()
        except duckdb.Error as error:
            warehouse.execute("rollback")
            said = str(error).replace(conninfo, "…")
            # only a relation whose columns changed ever waits for its readers
            if "lock timeout" in said and attempt < _ATTEMPTS:
                time.sleep(0.1 * attempt)
                continue
            raise ServeError(
                f"the server did not take the copy: {said.splitlines()[0]}", hint="nothing was changed; the next run copies again"
            ) from None
    raise AssertionError


def _copied(
    warehouse: duckdb.DuckDBPyConnection,
    plan: Plan,
    changed: list[PlannedRelation],
    shapes: Mapping[str, bool],
    digests: Mapping[str, str],
    on_step: Callable[[str], None],
) -> dict[str, int]:
    rows = {}
    warehouse.execute("begin")
    _at_server(warehouse, f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    for relation in changed:
        on_step(f"{relation.path} is copied")
        rows[relation.path] = _fill(warehouse, relation, fits=shapes[relation.path])
        said = f"{literal(relation.path)}, {literal(digests[relation.path])}, {rows[relation.path]}"
        _at_server(warehouse, f"DELETE FROM {OWN}.published WHERE path = {literal(relation.path)}")
        _at_server(warehouse, f"INSERT INTO {OWN}.published (path, digest, rows) VALUES ({said})")
    for relation in changed:
        if not shapes[relation.path]:
            for statement in _swapped(plan, relation):
                _at_server(warehouse, statement)
    warehouse.execute("commit")
    return rows


def _fill(warehouse: duckdb.DuckDBPyConnection, relation: PlannedRelation, *, fits: bool) -> int:
    """The rows of a relation in its table, or beside it where its columns changed. Gives how many."""
    schema, name = base(relation.layer), relation.name if fits else _beside(relation)
    if fits:
        _at_server(warehouse, f"DELETE FROM {qualified(schema, name)}")
    else:
        for statement in (f"DROP TABLE IF EXISTS {qualified(schema, name)}", *postgres.table(relation, name)):
            _at_server(warehouse, statement)
    columns = ", ".join(identifier(column.name) for column in relation.columns)
    copied = warehouse.execute(
        f"insert into served.{qualified(schema, name)} ({columns}) select {columns} from {qualified(relation.layer, relation.name)}"
    )
    found = copied.fetchone()
    assert found is not None
    if not fits:
        # dearer row by row while it is filled
        for statement in postgres.indexes(relation, name):
            _at_server(warehouse, statement)
    return int(found[0])


def _swapped(plan: Plan, relation: PlannedRelation) -> Iterator[str]:
    place = qualified(base(relation.layer), relation.name)
    yield f"DROP VIEW IF EXISTS {qualified(relation.layer, relation.name)} CASCADE"
    yield f"DROP TABLE IF EXISTS {place} CASCADE"
    yield f"ALTER TABLE {qualified(base(relation.layer), _beside(relation))} RENAME TO {identifier(relation.name)}"
    yield from postgres.view(plan, relation)


def _beside(relation: PlannedRelation) -> str:
    return f"{relation.name}~new"


def _at_server(warehouse: duckdb.DuckDBPyConnection, statement: str) -> None:
    warehouse.execute(f"call postgres_execute('served', {literal(statement, 'duckdb')})")


def _digest(warehouse: duckdb.DuckDBPyConnection, relation: PlannedRelation) -> str:
    """What tells one content of a relation from another: its rows in any order."""
    columns = ", ".join(identifier(column.name) for column in relation.columns)
    try:
        found = warehouse.execute(
            f"select concat_ws('-', count(*), sum(cast(hash({columns}) as hugeint)), bit_xor(hash({columns}, 1))) from {qualified(relation.layer, relation.name)}"
        ).fetchone()
    except duckdb.BinderException as error:
        raise ServeError(
            f"{relation.path} is not as its model says: {str(error).splitlines()[0]}",
            hint="the models changed since the last build: fondaco build",
        ) from None
    assert found is not None
    return f"{duckdb.__version__} {found[0]}"


def _look_for_persons(warehouse: duckdb.DuckDBPyConnection, relation: PlannedRelation) -> None:
    """What reads like an e-mail address in a column that nobody classified is not shown to anybody. Raises ServeError."""
    texts = [column.name for column in relation.columns if column.type == "varchar" and not column.classification.startswith("pii.")]
    if not texts:
        return
    asked = ", ".join(f"bool_or(regexp_matches({identifier(name)}, {literal(_ADDRESS, 'duckdb')}))" for name in texts)
    found = warehouse.execute(f"select {asked} from (from {qualified(relation.layer, relation.name)} limit {_LOOKED_AT})").fetchone()
    for name, holds in zip(texts, found or (), strict=False):
        if holds:
            raise ServeError(
                f"{relation.path}.{name} holds e-mail addresses and is not classified: nothing was copied",
                where=relation.path,
                hint="give the column a classification in its model's yml, such as pii.free_text",
            )
