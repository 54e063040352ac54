"""The one type in which a column is read whose files hold it in several, because its declaration or its source changed.

Exact or text: an integer widens to a decimal, a day to a timestamp; what has no exact common type is read as text, which loses
nothing, and staging says how it is to be taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
#: Digits before the point that an integer type needs.
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "UTINYINT": 3, "USMALLINT": 5, "UINTEGER": 10, "UBIGINT": 20}
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_MOMENTS = frozenset({"DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP"})
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def plain_type(name: str) -> str:
    """A type's name as DuckDB writes it, whoever wrote it."""
    text = name.upper().replace(", ", ",")
    return "TIMESTAMPTZ" if text == "TIMESTAMP WITH TIME ZONE" else text


def common_type(declared: str | None, landed: Collection[str]) -> str:
    """The type that holds the values of all of these, and the declared one's where a column is declared.

    Args:
        landed: at least one type.
    """
    kinds = {plain_type(kind) for kind in landed} | ({plain_type(declared)} if declared else set())
    if len(kinds) == 1:
        return next(iter(kinds))
    # who declares a double has asked for what a double can hold
    if kinds <= _FLOATS or (declared == "double" and all(kind in _FLOATS or _parts(kind) for kind in kinds)):
        return "DOUBLE"
    if kinds <= _MOMENTS:
        return "TIMESTAMP"
    if kinds <= set(_SIGNED):
        return max(kinds, key=_SIGNED.index)
    parts = [_parts(kind) for kind in kinds]
    if all(parts):
        whole, scale = max(part[0] for part in parts if part), max(part[1] for part in parts if part)
        return f"DECIMAL({whole + scale},{scale})" if whole + scale <= 38 else "VARCHAR"
    return "VARCHAR"


def read_as(column: str, kind: str, target: str) -> str:
    """SQL for a column of one type read as another."""
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
    return f"cast(to_json({column}) as varchar)" if nested and target == "VARCHAR" else f"cast({column} as {target})"


def _parts(kind: str) -> tuple[int, int] | None:
    """Digits before and behind the point of an exact number, None for anything else."""
    if kind in _DIGITS:
        return _DIGITS[kind], 0
    match = _DECIMAL.fullmatch(kind)
    return (int(match[1]) - int(match[2]), int(match[2])) if match else None
