"""The one place where names and values become SQL, and where types get the names that an engine has for them."""

from __future__ import annotations

from collections.abc import Iterable

from fondaco.governance.masks import Engine

_POSTGRES = {"varchar": "text", "double": "double precision", "timestamp": "timestamp", "timestamptz": "timestamptz"}
_SNOWFLAKE = {"timestamp": "timestamp_ntz", "timestamptz": "timestamp_tz", "bigint": "number(38, 0)", "double": "float"}


def identifier(name: str) -> str:
    """A name in double quotes, whatever it holds. Raises ValueError for the one character that no engine takes."""
    if "\0" in name or not name:
        raise ValueError(f"{name!r} is no name")
    return '"' + name.replace('"', '""') + '"'


def relation(schema: str, name: str) -> str:
    return f"{identifier(schema)}.{identifier(name)}"


def literal(text: str, engine: Engine = "postgres") -> str:
    """A text in single quotes; Snowflake takes a backslash for the beginning of something."""
    if "\0" in text:
        raise ValueError("a text with a zero byte cannot be written as SQL")
    quoted = text.replace("'", "''")
    return "'" + (quoted.replace("\\", "\\\\") if engine == "snowflake" else quoted) + "'"


def literals(texts: Iterable[str], engine: Engine = "postgres") -> str:
    """Texts between commas."""
    return ", ".join(literal(text, engine) for text in texts)


def engine_type(kind: str, engine: Engine) -> str:
    """A type of a declaration as the engine names it."""
    if kind.startswith("decimal("):
        return (
            kind.replace("decimal", "numeric")
            if engine == "postgres"
            else kind.replace("decimal", "number")
            if engine == "snowflake"
            else kind
        )
    names = {"postgres": _POSTGRES, "snowflake": _SNOWFLAKE, "duckdb": {}}[engine]
    return names.get(kind, kind)
