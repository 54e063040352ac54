"""A row whose own column says that it was deleted: it lands as a delete, with all that it says, and as itself again once it is restored."""

from __future__ import annotations

from fondaco.contracts import SoftDelete, Table
from fondaco.lake.casts import literal, quoted


def operation(table: Table) -> str:
    """SQL for a row's `_op`."""
    return f"case when {_is_deleted(table, table.soft)} then 'delete' else 'upsert' end" if table.soft else "'upsert'"


def _is_deleted(table: Table, soft: SoftDelete) -> str:
    column = quoted(soft.column)
    if soft.when:
        return f"cast({column} as varchar) in ({', '.join(map(literal, soft.when))})"
    return column if table.column(soft.column).type == "boolean" else f"{column} is not null"
