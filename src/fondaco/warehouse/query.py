"""A question in SQL, answered read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from fondaco.errors import UsageError
from fondaco.settings import Settings
from fondaco.storage import Place, engine_error, place_of
from fondaco.warehouse.door import reader


@dataclass(frozen=True)
class QueryResult:
    """Column names, their types as the engine names them, and the rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query(settings: Settings, sql: str) -> QueryResult:
    """Answers one statement as the owner of the warehouse, who sees everything.

    Raises:
        UsageError: the statement is wrong, or there is no warehouse yet.
        LockedError: a build is running.
    """
    return query_all(settings, {"": sql})[""]


def query_all(settings: Settings, questions: Mapping[str, str]) -> Mapping[str, QueryResult]:
    """Answers several statements by their names, of one state of the warehouse. Raises as `query` does."""
    if not questions:
        return {}
    place = place_of(settings.lake)
    with reader(settings.warehouse, place) as connection:
        return {name: _answer(connection, sql, place) for name, sql in questions.items()}


def row_counts(settings: Settings) -> Mapping[tuple[str, str], int]:
    """Rows of every table, by schema and name, as the engine keeps them; views have none. Raises as `query` does."""
    found = query(settings, "select schema_name, table_name, estimated_size from duckdb_tables() where not internal")
    return {(schema, name): int(rows) for schema, name, rows in found.rows}


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, place: Place) -> QueryResult:
    try:
        answer = connection.execute(sql)
        rows = tuple(answer.fetchall())
    except duckdb.Error as error:
        if (fault := engine_error(error, place)) is not None:
            raise fault from None
        raise UsageError(f"the query failed: {error}", hint='`fondaco query "show all tables"` lists what there is') from error
    described = answer.description or []
    return QueryResult(tuple(str(column[0]) for column in described), tuple(str(column[1]) for column in described), rows)
