"""Rows that had landed before, and are read again: because a run begins a little before the last one ended, or because it was asked to.

A row is known by its key and the source's time: it is the same if the last state of that key and time in the lake is the very same. So
a state that comes back without a new time is a version of its own, and an old state that is read again overturns no newer one. A
tombstone that a comparison of keys found is another matter: what comes after it has come back.

The rows of a file are known by their place in it, since its content is the same; it may have landed under another name. Such a row
lands again only if it is now declared otherwise and is still the last word on its key and time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from fondaco.contracts import Table
from fondaco.lake.casts import literal, quoted, row_hash
from fondaco.lake.commit import Commit
from fondaco.sources.base import FILE, ROW

#: A table's own columns as they landed: name and DuckDB type.
Columns = tuple[tuple[str, str], ...]

POSITION = "_position"
_PLACE = f"_batch_id || format('{{:012d}}', {POSITION})"


@dataclass(frozen=True)
class Landed:
    """Where rows of a pull may be found that landed before: files of rows, and of quarantined rows, as the engine reads them.

    Attributes:
        rows: by the columns that they landed with, since the same value in another type is another one.
        again: files of the source whose content has landed, by the name under which it did; only their rows may be known.
            None: any row may be.
    """

    rows: Mapping[Columns, Sequence[str]] = field(default_factory=dict)
    quarantined: Sequence[str] = ()
    again: Mapping[str, str] | None = None

    def is_compared(self) -> bool:
        """Whether a row can be known at all."""
        return bool(self.rows) and self.again != {}

    def files(self) -> list[str]:
        """All files of rows."""
        return [file for files in self.rows.values() for file in files]


def by_columns(commits: Iterable[Commit], url: Callable[[str], str]) -> dict[Columns, list[str]]:
    """The files of these commits by the columns that they landed with.

    Args:
        url: a path of the lake as the engine reads it.
    """
    found = dict[Columns, list[str]]()
    for commit in commits:
        if commit.files:
            found.setdefault(commit.columns, []).extend(url(file.path) for file in commit.files)
    return found


def mark_known(connection: duckdb.DuckDBPyConnection, table: Table, landed: Landed) -> None:
    """Puts the positions of the good rows of `typed` that had landed into `known`."""
    if not landed.is_compared():
        return
    if landed.again is not None:
        connection.execute(f"insert into known {_in_files(table, landed, landed.again)}")
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
        f"_key_{number} between cast({literal(low)} as {kind}) and cast({literal(high)} as {kind})"
        for number, (name, low, high) in enumerate(pairs)
        for kind in (table.column(name).type,)
    )


def _by_key(table: Table, landed: Mapping[Columns, Sequence[str]], among: str) -> str:
    key = [quoted(name) for name in table.key] or ["_row_hash"]
    same = " and ".join(f"{{}}._key_{number} = typed.{name}" for number, name in enumerate(key))
    names = ", ".join(f"_key_{number}" for number in range(len(key)))
    some = f"semi join typed on {same.replace('{}', 'landed')} where {among}"
    return f"""
        with landed as ({_landed(table, landed, some)}),
        states as (
            select {names}, _time, arg_max(_hash, _place) as last_hash, max(_place) as last_place, arg_max(_is_swept, _place) as is_swept
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
        anti join dead on {same.replace("{}", "dead")} and dead.last_hash <> typed._row_hash
        where typed._fault is null
    """


def _in_files(table: Table, landed: Landed, again: Mapping[str, str]) -> str:
    names = ", ".join(f"({literal(name)}, {literal(landed)})" for name, landed in again.items())
    coming = f"""
        coming as (
            select typed.*, landed_as from typed join (values {names}) as again (name, landed_as) on typed.{FILE} = again.name
            where typed._fault is null
        ),
        there as (
            select distinct {FILE}, {ROW} from {bronze(table, landed.files())} where {FILE} in (select landed_as from coming)
        )
    """
    held = f"coming join there on there.{FILE} = coming.landed_as and there.{ROW} = coming.{ROW}"
    if not table.key or not table.cursor:
        return f"with {coming} select coming.{POSITION} from {held}"
    same = " and ".join(f"landed._key_{number} = coming.{quoted(name)}" for number, name in enumerate(table.key))
    listed = ", ".join(f"_key_{number}" for number in range(len(table.key)))
    return f"""
        with {coming},
        landed as (
            select {listed}, _time, max_by(struct_pack(file := {FILE}, number := {ROW}, hash := _hash), _place) as last_one
            from ({_landed(table, landed.rows, f"semi join coming on {same}")})
            group by {listed}, _time
        )
        select coming.{POSITION}
        from {held}
        left join landed on {same} and landed._time is not distinct from {_time(table, "coming.")}
        where (last_one.file, last_one.number) is distinct from (coming.landed_as, coming.{ROW}) or last_one.hash = coming._row_hash
    """


def _landed(table: Table, landed: Mapping[Columns, Sequence[str]], some: str) -> str:
    """Query: some of the rows that landed: key as it is declared today, source's time and hash as they were declared then, and place.

    Only of these rows the hash is reckoned, and with it the columns that tell no key are read.

    Args:
        some: which ones, as a semi join of `landed` or a condition. (A correlated `exists` would hold all that landed in memory.)
    """
    return " union all ".join(_landed_so(table, columns, files, some) for columns, files in landed.items())


def _landed_so(table: Table, columns: Columns, files: Sequence[str], some: str) -> str:
    kinds = dict(columns)
    hashed = row_hash((name, kind, quoted(name)) for name, kind in columns)
    key = [_as_declared(table, name, kinds) for name in table.key] or [hashed]
    keys = ", ".join(f"{value} as _key_{number}" for number, value in enumerate(key))
    listed = ", ".join(f"_key_{number}" for number in range(len(key)))
    time = _time(table) if table.cursor in kinds else "cast(null as varchar)"
    return f"""
        select {listed}, {time} as _time, {hashed} as _hash, {_PLACE} as _place, _op = 'delete' and {FILE} is null as _is_swept, {FILE}, {ROW}
        from (select *, {keys} from {_read(files)}) as landed
        {some}
    """


def _as_declared(table: Table, name: str, kinds: Mapping[str, str]) -> str:
    """A column of the key; as it is where nothing changed, since then the engine leaves out groups of rows by what they say of themselves."""
    kind = table.column(name).type
    if name not in kinds:
        return f"cast(null as {kind})"
    return quoted(name) if kinds[name] == kind else f"try_cast({quoted(name)} as {kind})"


def _time(table: Table, of: str = "") -> str:
    """The source's time of a row, as text: a cursor that was declared otherwise is another one."""
    return f"cast({of}{quoted(table.cursor)} as varchar)" if table.cursor else "cast(null as varchar)"


def bronze(table: Table, files: Sequence[str]) -> str:
    """Relation: the rows of these files; a key that was declared otherwise when they landed is read as it is declared today."""
    key = ", ".join(f"try_cast({quoted(name)} as {table.column(name).type}) as {quoted(name)}" for name in table.key)
    return f"(select * replace ({key}) from {_read(files)})" if key else _read(files)


def _read(files: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(map(literal, files))}], union_by_name = true, hive_partitioning = false)"
