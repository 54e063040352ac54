"""What must stay when a person is forgotten: of every relation of silver and gold its rows and the sum of each column of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from fondaco.settings import Settings
from fondaco.warehouse.door import reader

#: These tell of the lake's commits and of the clock, and change when somebody is forgotten as with any other commit.
_OF_THE_LANDING = frozenset({("data_health", "batches"), ("data_health", "seconds_behind")})
_RELATIONS = """
select schema_name, table_name, list(column_name order by column_index) filter (
    data_type in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') or data_type like 'DECIMAL%'
) as numbers
from duckdb_columns() where schema_name in ('silver', 'gold') and not internal group by all order by all
"""


def totals(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """By relation, rows and exact sums as text. Raises UsageError if there is no warehouse, LockedError if somebody writes it."""
    with reader(settings.warehouse) as connection:
        found = connection.execute(_RELATIONS).fetchall()
        return {
            f"{schema}.{name}": _of(connection, schema, name, [column for column in numbers or [] if (name, column) not in _OF_THE_LANDING])
            for schema, name, numbers in found
        }


def _of(connection: duckdb.DuckDBPyConnection, schema: str, name: str, numbers: list[str]) -> dict[str, str]:
    quoted = ['"' + column.replace('"', '""') + '"' for column in numbers]
    sums = "".join(f", cast(sum({column}) as varchar)" for column in quoted)
    row = connection.execute(f'select cast(count(*) as varchar){sums} from {schema}."{name}"').fetchall()[0]
    return dict(zip(["rows", *numbers], (value or "0" for value in row), strict=True))


def differences(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """What is not the same, a line each."""
    return tuple(
        f"{relation}.{name}: {sums.get(name)} before, {after.get(relation, {}).get(name)} after"
        for relation, sums in before.items()
        for name in sums
        if after.get(relation, {}).get(name) != sums[name]
    )
