"""The list of who was forgotten, at work: her rows are told among those that come, and left of them is what may be kept, before anything
else is done with them. So what lands, what is put aside and what is held against what landed is the same as what was rewritten.

A lake where nobody was forgotten pays one look at the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import duckdb

from fondaco.contracts import Table
from fondaco.lake import forgotten
from fondaco.lake.casts import literal, quoted
from fondaco.lake.forgotten import Keys
from fondaco.lake.persons import Extent, hers, is_personal, left
from fondaco.sources.base import Reject
from fondaco.storage import Store

_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
#: What stands for a record that never became a row and holds an address of somebody who was forgotten.
GONE = "[forgotten]"

#: Files of rows of a table of a source, as the engine reads them.
FilesOf = Callable[[str, str], Sequence[str]]


class Suppression:
    """The list at work in one landing.

    Args:
        files_of: where rows of a parent stand, which tell whose their children are.

    Raises:
        LakeError: the list cannot be read, or was made with another secret.
    """

    def __init__(self, store: Store, keys: Keys | None, files_of: FilesOf) -> None:
        known = forgotten.read(store)
        self._tokens, self._expired = known.tokens, known.expired
        self._files_of = files_of
        self._keys = forgotten.checked(known, keys, store.url("")) if self._tokens or self._expired else None
        self._prepared: duckdb.DuckDBPyConnection | None = None

    def is_idle(self, table: Table) -> bool:
        """Whether no row of that table can be of somebody who is on the list."""
        return self._keys is None or not is_personal(table)

    def leave_out(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        system: Mapping[str, Table],
        table: Table,
        found: Mapping[str, str],
        position: str,
    ) -> bool:
        """Leaves of the rows of `piece` that are hers what may be kept; whether there were any.

        Args:
            system: the tables of the source's system, for the parents.
            found: the columns that came, by DuckDB type.
            position: column by which the rows are ordered.
        """
        if self.is_idle(table):
            return False
        assert self._keys is not None
        self._prepare(connection)
        domains = self._keys.domains
        extents = [*([Extent(domains=domains)] if self._tokens else []), *(one.extent(domains) for one in self._expired)]
        were = False
        for extent in extents:  # each looks at what the one before it left
            were = self._leave_out(connection, source, system, table, found, position, extent) or were
        return were

    def _leave_out(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        system: Mapping[str, Table],
        table: Table,
        found: Mapping[str, str],
        position: str,
        extent: Extent,
    ) -> bool:
        kept = left(table, tuple(found.items()), extent)
        if not kept:
            return False
        parents = hers_among(connection, source, system, table, self._files_of, "piece", extent) if table.parent else None
        sign = hers(table, found, literal(source), parents, extent)
        if sign == "false":
            return False
        marked = f"(select *, coalesce({sign}, false) as _is_hers from piece)"
        connection.execute(f"create or replace temp table hers_now as select {position} from {marked} where _is_hers")
        if connection.execute("select exists (from hers_now)").fetchall() == [(False,)]:
            return False
        changed = ", ".join(f"case when _is_hers then {value} else {quoted(name)} end as {quoted(name)}" for name, value in kept.items())
        query = f"""
            select * exclude (_is_hers) replace ({changed})
            from (select *, {position} in (select {position} from hers_now) as _is_hers from piece) order by {position}
        """
        rows = connection.execute(query).to_arrow_table()
        connection.unregister("piece")
        connection.register("piece", rows)
        return True

    def left_of(self, rejects: Sequence[Reject]) -> list[Reject]:
        """The rejects without the text of those that hold an address of somebody who was forgotten."""
        if self._keys is None:
            return list(rejects)
        return [replace(reject, raw=GONE) if self._speaks_of(reject.raw) else reject for reject in rejects]

    def _speaks_of(self, text: str) -> bool:
        assert self._keys is not None
        return any(self._keys.token("email", found.lower()) in self._tokens for found in _EMAIL.findall(text))

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self._prepared is not connection:
            assert self._keys is not None
            forgotten.mean(connection, self._tokens, self._keys)
            for one in self._expired:
                forgotten.mean_expired(connection, one, self._keys)
            self._prepared = connection


def hers_among(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    tables: Mapping[str, Table],
    table: Table,
    files_of: FilesOf,
    children: str | None,
    extent: Extent,
) -> str:
    """Query: the keys, as text, of the table's parents that are hers.

    Args:
        children: relation of the rows whose parents are looked for; None: of all.
    """
    assert table.parent is not None
    parent, key = tables[table.parent.table], tables[table.parent.table].key[0]
    name, files = f"parents_of_{table.name}", files_of(source, parent.name)
    if not files:
        return "select cast(null as varchar) where false"
    condition = "true"
    if children is not None:
        wanted = quoted(table.parent.on)
        kind = parent.column(key).type
        (low, high) = connection.execute(
            f"select cast(min(try_cast({wanted} as {kind})) as varchar), cast(max(try_cast({wanted} as {kind})) as varchar) from {children}"
        ).fetchall()[0]
        if low is None:
            return "select cast(null as varchar) where false"
        # constants, so that the engine leaves out groups of rows that hold none of these keys
        condition = (
            f"{quoted(key)} between cast({literal(low)} as {kind}) and cast({literal(high)} as {kind}) "
            f"and cast({quoted(key)} as varchar) in (select cast({wanted} as varchar) from {children})"
        )
    connection.execute(
        f"create or replace temp table {quoted(name)} as select * from "
        f"read_parquet([{', '.join(map(literal, files))}], union_by_name = true, hive_partitioning = false) where {condition}"
    )
    there = dict(connection.execute(f"select column_name, column_type from (describe {quoted(name)})").fetchall())
    grand = hers_among(connection, source, tables, parent, files_of, quoted(name), extent) if parent.parent else None
    return f"select cast({quoted(key)} as varchar) from {quoted(name)} where {hers(parent, there, literal(source), grand, extent)}"
