"""How a value is shown to whoever may not see it as it is: a few methods, each one SQL expression that every engine reads alike.

DuckDB, PostgreSQL and Snowflake share each expression but for the pseudonym, whose functions have other names there. A new method is
an entry here; which class gets which is the policy's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Engine = Literal["duckdb", "postgres", "snowflake"]


@dataclass(frozen=True)
class Method:
    """One way to show a value.

    Attributes:
        types: the types that it takes and gives back.
        says: what it does, for people.
        sql: ``{c}`` is the column, ``{key}`` the secret of pseudonyms.
        engines: where an engine needs other words.
    """

    types: frozenset[str]
    says: str
    sql: str
    engines: Mapping[Engine, str]


_TEXT = frozenset({"varchar"})
_DAY = frozenset({"date"})

METHODS: Mapping[str, Method] = {
    # an address only if all of it looks like one: what a form's free text put behind an @ is nobody's domain
    "keep_domain": Method(
        _TEXT,
        "first letter and domain of an e-mail address",
        "CASE WHEN {c} LIKE '_%@_%._%' AND {c} NOT LIKE '% %' AND {c} NOT LIKE '%@%@%' "
        "THEN LEFT({c}, 1) || '***@' || SPLIT_PART({c}, '@', 2) WHEN {c} IS NOT NULL THEN '***' END",
        {},
    ),
    "keep_last_two": Method(
        _TEXT,
        "last two characters, of six or more",
        "CASE WHEN LENGTH({c}) >= 6 THEN '***' || RIGHT({c}, 2) WHEN {c} IS NOT NULL THEN '***' END",
        {},
    ),
    "keep_initial": Method(
        _TEXT,
        "first character, of two or more",
        "CASE WHEN LENGTH({c}) >= 2 THEN LEFT({c}, 1) || '***' WHEN {c} IS NOT NULL THEN '***' END",
        {},
    ),
    "redact": Method(_TEXT, "three stars", "CASE WHEN {c} IS NOT NULL THEN '***' END", {}),
    "keep_year": Method(_DAY, "first day of the year", "CAST(DATE_TRUNC('year', {c}) AS DATE)", {}),
    # sixteen of 32 bytes: no two people of a shop meet in it
    "pseudonym": Method(
        _TEXT,
        "a keyed hash: the same value has the same pseudonym, and none without the key can tell whose",
        "LEFT(SHA256({key} || {c}), 32)",
        {
            "postgres": "LEFT(ENCODE(SHA256(CONVERT_TO({key} || {c}, 'UTF8')), 'hex'), 32)",
            "snowflake": "LEFT(SHA2({key} || {c}, 256), 32)",
        },
    ),
}

#: The methods that fit every type.
CLEAR, EMPTY = "clear", "empty"
NAMES = (*METHODS, EMPTY)


def fits(method: str, kind: str) -> bool:
    """Whether a column of that type can be shown so."""
    return method in (CLEAR, EMPTY) or kind in METHODS[method].types


def shown(method: str, column: str, kind: str, engine: Engine, key: str) -> str:
    """The expression of a column as a method shows it.

    Args:
        column: the column, quoted.
        kind: its type, as the engine names it.
        key: the secret of pseudonyms, as an expression.
    """
    if method == CLEAR:
        return column
    if method == EMPTY:
        return f"CAST(NULL AS {kind})"
    found = METHODS[method]
    return found.engines.get(engine, found.sql).format(c=column, key=key)
