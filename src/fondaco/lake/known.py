"""Rows that had landed before, and are read again: because a run begins a little before the last one ended, or because it was asked to.

A row is known by its key and the source's time: it is the same if the last state of that key and time in the lake is the very same. So
a state that comes back without a new time is a version of its own, and an old state that is read again overturns no newer one. A
tombstone that a comparison of keys found is another matter: what comes after it has come back.

The rows of a file are known by their place in it, since its content is the same; it may have landed under another name. Such a row
lands again only if it is now declared otherwise and is still the last word on its key and time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from fondaco.contracts import Table
from fondaco.lake.casts import literal, quoted
from fondaco.sources.base import FILE, ROW

POSITION = "_position"
_PLACE = f"_batch_id || format('{{:012d}}', {POSITION})"


@dataclass(frozen=True)
class Landed:
    """Where rows of a pull may be found that landed before: files of rows, and of quarantined rows, as the engine reads them.

    Attributes:
        again: files of the source whose content has landed, by the name under which it did; only their rows may be known.
            None: any row may be.
    """

    rows: Sequence[str] = ()
    quarantined: Sequence[str] = ()
    again: Mapping[str, str] | None = None

    def is_compared(self) -> bool:
        """Whether a row can be known at all."""
        return bool(self.rows) and self.again != {}


def mark_known(connection: duckdb.DuckDBPyConnection, table: Table, landed: Landed) -> None:
    """Puts the positions of the good rows of `typed` that had landed into `known`."""
    if not landed.is_compared():
        return
    if landed.again is not None:
        connection.execute(f"insert into known {_in_files(table, landed.rows, landed.again)}")
    else:
        connection.execute(f"insert into known {_by_key(table, landed.rows, _among(connection, table))}")


def _among(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Condition: the key lies between the least and the greatest of `typed`, as constants: the engine leaves out the files and groups of
    rows that say of themselves that they hold none of it. So rows whose keys ascend cost what is read again, not what history weighs.
    """
    if not table.key:
        return "true"
    ends = ", ".join(f"cast({end}({quoted(name)}) as varchar)" for name in table.key for end in ("min", "max"))
    (found,) = connection.execute(f"select {ends} from typed where _fault is null").fetchall()
    if None in found:
        return "false"
    pairs = zip(table.key, found[::2], found[1::2], strict=True)
    return " and ".join(
        f"{quoted(name)} between cast({literal(low)} as {kind}) and cast({literal(high)} as {kind})"
        for name, low, high in pairs
        for kind in (table.column(name).type,)
    )


def _by_key(table: Table, files: Sequence[str], among: str) -> str:
    key = [quoted(name) for name in table.key] or ["_row_hash"]
    names = ", ".join(key)
    same = " and ".join(f"{{}}.{name} = typed.{name}" for name in key)
    time = _time(table)
    return f"""
        with landed as (
            select {names}, {time} as _time, _row_hash, {_PLACE} as _place, _op = 'delete' and {FILE} is null as _is_swept
            from {bronze(table, files)} as landed
            where {among} and exists (select 1 from typed where {same.replace("{}", "landed")})
        ),
        states as (
            select {names}, _time, arg_max(_row_hash, _place) as last_hash, max(_place) as last_place, arg_max(_is_swept, _place) as is_swept
            from landed group by {names}, _time
        ),
        dead as (
            select {names}, arg_max(last_hash, last_place) as last_hash from states group by {names} having arg_max(is_swept, last_place)
        )
        select typed.{POSITION}
        from typed
        join states on {same.replace("{}", "states")}
            and states._time is not distinct from {_time(table, "typed.")}
            and states.last_hash = typed._row_hash
        where typed._fault is null
            and not exists (select 1 from dead where {same.replace("{}", "dead")} and dead.last_hash <> typed._row_hash)
    """


def _in_files(table: Table, files: Sequence[str], again: Mapping[str, str]) -> str:
    names = ", ".join(f"({literal(name)}, {literal(landed)})" for name, landed in again.items())
    coming = f"""
        coming as (
            select typed.*, landed_as from typed join (values {names}) as again (name, landed_as) on typed.{FILE} = again.name
            where typed._fault is null
        ),
        there as (
            select distinct {FILE}, {ROW} from {bronze(table, files)} where {FILE} in (select landed_as from coming)
        )
    """
    held = f"coming join there on there.{FILE} = coming.landed_as and there.{ROW} = coming.{ROW}"
    if not table.key or not table.cursor:
        return f"with {coming} select coming.{POSITION} from {held}"
    key = [quoted(name) for name in table.key]
    listed, time = ", ".join(key), _time(table)
    same = " and ".join(f"landed.{name} = coming.{name}" for name in key)
    return f"""
        with {coming},
        landed as (
            select {listed}, {time} as _time, max_by(struct_pack(file := {FILE}, number := {ROW}, hash := _row_hash), {_PLACE}) as last_one
            from {bronze(table, files)} as landed
            where exists (select 1 from coming where {same})
            group by {listed}, {time}
        )
        select coming.{POSITION}
        from {held}
        left join landed on {same} and landed._time is not distinct from {_time(table, "coming.")}
        where (last_one.file, last_one.number) is distinct from (coming.landed_as, coming.{ROW}) or last_one.hash = coming._row_hash
    """


def _time(table: Table, of: str = "") -> str:
    """The source's time of a row, as text: a cursor that was declared otherwise is another one."""
    return f"cast({of}{quoted(table.cursor)} as varchar)" if table.cursor else "cast(null as varchar)"


def bronze(table: Table, files: Sequence[str]) -> str:
    """Relation: the rows of these files; a key that was declared otherwise when they landed is read as it is declared today."""
    key = ", ".join(f"try_cast({quoted(name)} as {table.column(name).type}) as {quoted(name)}" for name in table.key)
    listed = f"read_parquet([{', '.join(map(literal, files))}], union_by_name = true, hive_partitioning = false)"
    return f"(select * replace ({key}) from {listed})" if key else listed
