"""What the quarantine holds of a person: raw rows as JSON, the value at fault, and records that never became rows.

Of a raw row is left what landing would leave of it, in the same words, so that it is known when it comes again. Of a record that never
became a row nothing is left if it holds an address of hers: nobody can tell which part of it is hers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from fondaco.contracts import Table
from fondaco.lake.casts import literal, quoted
from fondaco.lake.persons import MEANT, Extent, email, hers, left
from fondaco.lake.suppression import GONE

_ADDRESS = "[A-Za-z0-9._%+''-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}"
_ORDER = "file_row_number"


def rows_to_erase(connection: duckdb.DuckDBPyConnection, url: str, table: Table, source: str, extent: Extent, parents: str | None) -> int:
    """How many rows of a file of the quarantine tell of whoever is meant."""
    _find(connection, url, table, source, extent, parents)
    why = f" or {_speaks('_why')}" if extent.classes is None and _has_why(connection, url) else ""
    query = f"select count(*) from {_read(url)} where {_ORDER} in (select n from hers_aside){why}"
    return int(connection.execute(query).fetchall()[0][0])


def without_her(connection: duckdb.DuckDBPyConnection, url: str, table: Table, source: str, extent: Extent, parents: str | None) -> str:
    """Query: the rows of a file of the quarantine in their order, of hers what may be left."""
    hidden = _find(connection, url, table, source, extent, parents)
    names = ", ".join(map(literal, hidden)) or "''"
    faults = """list_transform(
        from_json(faults, '[{"column": "VARCHAR", "reason": "VARCHAR", "value": "VARCHAR"}]'),
        lambda fault: {'column': fault."column", 'reason': fault.reason, 'value': case when fault."column" not in (%s) then fault.value end}
    )""".replace("%s", names)
    why = (
        f", case when {_speaks('_why')} then {literal(GONE)} else _why end as _why"
        if extent.classes is None and _has_why(connection, url)
        else ""
    )
    return f"""
        select aside.* exclude ({_ORDER}) replace (
            coalesce(hers.left_of_it, aside.raw) as raw,
            case when hers.n is null or (not hers.is_broken and aside."column" is not null and aside."column" not in ({names})) then aside."value" end as "value",
            case when hers.n is null or faults is null then faults else cast(to_json({faults}) as varchar) end as faults{why}
        )
        from {_read(url)} as aside left join hers_aside as hers on aside.{_ORDER} = hers.n
        order by aside.{_ORDER}
    """


def _find(connection: duckdb.DuckDBPyConnection, url: str, table: Table, source: str, extent: Extent, parents: str | None) -> list[str]:
    """Makes `hers_aside`: number and rest of each row that is hers and says more than is left of it. Gives the columns that are hidden."""
    connection.execute("create or replace temp table hers_aside (n bigint, left_of_it varchar, is_broken boolean)")
    hidden = set[str]()
    for keys in _shapes(connection, url):
        columns = tuple((name, "VARCHAR") for name in keys)
        kept, sign = left(table, columns, extent), hers(table, dict(columns), literal(source), parents, extent)
        hidden |= kept.keys()
        if not kept or sign == "false":
            continue
        texts = ", ".join(f"json_extract_string(raw, {_pointer(name)}) as {quoted(name)}" for name in keys)
        parts = ", ".join(
            f"{literal(name)}, {kept[name]}" if name in kept else f"{literal(name)}, json_extract(_raw, {_pointer(name)})" for name in keys
        )
        same = ", ".join(map(literal, keys))
        connection.execute(
            f"""
            insert into hers_aside
            select n, left_of_it, false
            from (
                select _n as n, _raw, cast(json_object({parts}) as varchar) as left_of_it
                from (
                    select {_ORDER} as _n, raw as _raw, {texts} from {_read(url)}
                    where json_type(raw) = 'OBJECT' and json_keys(raw) = [{same}]
                ) where {sign}
            ) where left_of_it <> _raw
            """
        )
    if extent.classes is None:
        connection.execute(
            f"""
            insert into hers_aside
            select {_ORDER}, cast(to_json({literal(GONE)}) as varchar), true from {_read(url)}
            where json_type(raw) <> 'OBJECT' and {_speaks("json_extract_string(raw, '$')")}
            """
        )
    return sorted(hidden)


def _speaks(text: str) -> str:
    """Condition: an address of hers stands in a text."""
    hashes = f"list_transform(regexp_extract_all({text}, '{_ADDRESS}'), lambda address: {email('address')})"
    return f"coalesce(list_has_any({hashes}, (select list(token) from {MEANT})), false)"


def _has_why(connection: duckdb.DuckDBPyConnection, url: str) -> bool:
    """Whether rows of the file were given up with a reason; files that landing wrote have none."""
    return connection.execute(f"select count(*) from (describe select * from {_read(url)}) where column_name = '_why'").fetchall() == [(1,)]


def _shapes(connection: duckdb.DuckDBPyConnection, url: str) -> Iterator[Sequence[str]]:
    found = connection.execute(f"select distinct json_keys(raw) as names from {_read(url)} where json_type(raw) = 'OBJECT' order by names")
    yield from [names for (names,) in found.fetchall()]


def _pointer(name: str) -> str:
    return literal("/" + name.replace("~", "~0").replace("/", "~1"))


def _read(url: str) -> str:
    return f"read_parquet({literal(url)}, hive_partitioning = false, file_row_number = true)"
