"""A question in SQL, answered read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from fondaco.errors import UsageError
from fondaco.settings import Settings
from fondaco.storage import engine_error, place_of
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
    place = place_of(settings.lake)
    with reader(settings.warehouse, place) as connection:
        try:
            answer = connection.execute(sql)
            rows = tuple(answer.fetchall())
        except duckdb.Error as error:
            if (fault := engine_error(error, place)) is not None:
                raise fault from None
            raise UsageError(f"the query failed: {error}", hint='`fondaco query "show all tables"` lists what there is') from error
        described = answer.description or []
    return QueryResult(tuple(str(column[0]) for column in described), tuple(str(column[1]) for column in described), rows)
