"""Whether the extracts that were made here still hold what is erased: they are people's own, so they are searched and never touched."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from fondaco.governance.extract import Extract, extracts
from fondaco.governance.sql import identifier, literal
from fondaco.settings import Settings


def told(settings: Settings, words: Collection[str]) -> tuple[str, ...]:
    """A line for each extract that is still where it was written: in which of its relations one of the words is the text of a cell.

    Args:
        words: what is looked for, in any case; where there is none nothing can be found.
    """
    return tuple(_told(one, words) for one in extracts(settings) if Path(one.path).exists())


def _told(one: Extract, words: Collection[str]) -> str:
    name = f"extract of {one.user}, made {one.at}: {one.path}"
    if not words:
        return f"{name}: not searched, for none of it is left here to look for"
    try:
        found = sorted(set(_holding(Path(one.path), words)))
    except duckdb.Error as error:
        return f"{name}: cannot be read, so it may hold it: {str(error).splitlines()[0]}"
    return f"{name}: holds it, in {', '.join(found)}" if found else f"{name}: holds none of it as it was"


def _holding(path: Path, words: Collection[str]) -> Iterator[str]:
    with duckdb.connect(config={"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"}) as connection:
        connection.execute("create temp table words as select distinct lower(unnest($1::varchar[])) as word", [sorted(words)])
        if path.is_dir():
            relations = {
                file.stem: f"read_parquet({literal(str(file), 'duckdb')})" for file in sorted(path.iterdir()) if file.suffix == ".parquet"
            }
        else:
            connection.execute(f"attach {literal(str(path), 'duckdb')} as extract (read_only)")
            listed = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'extract' order by all"
            ).fetchall()
            relations = {f"{schema}.{table}": f"extract.{identifier(schema)}.{identifier(table)}" for schema, table in listed}
        for name, relation in relations.items():
            columns = connection.execute(f"select column_name from (describe from {relation}) where column_type = 'VARCHAR'").fetchall()
            for (column,) in columns:
                asked = f"select exists (from {relation} where lower(trim({identifier(column)})) in (from words))"
                if connection.execute(asked).fetchall() == [(True,)]:
                    yield f"{name}.{column}"
