"""Deletes at a source that says nothing of them: keys that are in the lake but no longer at the source get a tombstone.

A tombstone is a row with `_op = 'delete'`, its key, the source's own time in the cursor column, and NULL elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fondaco.contracts import Column, Table
from fondaco.errors import DeletesRefused
from fondaco.lake import casts, layout
from fondaco.lake.casts import literal, quoted
from fondaco.lake.commit import Commit, DataFile, schema_hash
from fondaco.lake.known import bronze
from fondaco.lake.writer import Origin, Writer
from fondaco.sources.base import Keys, Position


def write_sweep(
    writer: Writer, origin: Origin, keys: Keys, number: int, ingested_at: datetime, landed: Sequence[str], *, accept: bool = False
) -> Commit:
    """The commit that would land tombstones for the keys that are gone, its file written and synced.

    Args:
        landed: paths of all the table's files so far.
        accept: believe it however much is gone, for somebody who knows said so.

    Raises:
        DeletesRefused: the source holds no keys at all, or so few that it is not believed.
        SourceError: the keys cannot be read.
        LakeError: the file cannot be written.
    """
    table, connection = origin.table, writer.connection
    _load_present(writer, table, keys)
    connection.execute(f"create or replace temp table gone as {_gone(writer, table, landed)}")
    live, gone = connection.execute("select count(*), count(*) filter (is_gone) from gone").fetchall()[0]
    present = connection.execute("select count(*) from present").fetchall()[0][0]
    if not accept:
        _check_share(origin, keys, present, live, gone)
    batch = writer.batch_id(number, f"{origin.source}|{table.name}|sweep|{keys.clock}")
    path = layout.data_path(origin.source, table.name, ingested_at, batch, 0)
    file = _write_tombstones(writer, origin, keys, batch, path, ingested_at) if gone else None
    cursor = _clock_text(keys) if table.cursor else None
    columns = tuple((column.name, column.type) for column in table.columns)
    return Commit(
        number=number,
        batch_id=batch,
        source=origin.source,
        system=origin.system,
        table=table.name,
        committed_at=ingested_at.isoformat(timespec="microseconds") + "Z",
        kind="sweep",
        files=(file,) if file else (),
        columns=columns,
        schema_hash=schema_hash(columns),
        rows_read=gone,
        rows_landed=gone,
        rows_quarantined=0,
        rows_known=0,
        cursor_min=cursor if gone else None,
        cursor_max=cursor if gone else None,
        cursor_nulls=0,
        window=None,
        step=Position(swept_at=_clock_text(keys)),
        notes=(f"{table.name}: {gone:,} of {live:,} rows are no longer at the source",) if gone else (),
    )


def _clock_text(keys: Keys) -> str:
    return f"{keys.clock:%Y-%m-%d %H:%M:%S.%f}"


def _key(table: Table) -> list[Column]:
    return [table.column(name) for name in table.key]


def _load_present(writer: Writer, table: Table, keys: Keys) -> None:
    """Makes `present`, the source's keys in their types; a key that does not fit its type never landed."""
    connection, key = writer.connection, _key(table)
    names = ", ".join(f"{quoted(column.name)} {column.type}" for column in key)
    connection.execute(f"create or replace temp table present ({names})")
    values = ", ".join(casts.typed(column, quoted(column.name), "VARCHAR") for column in key)
    for batch in keys.batches:
        connection.register("piece", batch)
        connection.execute(f"insert into present select {values} from piece")
        connection.unregister("piece")


def _gone(writer: Writer, table: Table, landed: Sequence[str]) -> str:
    """Query: the keys whose last version in the lake is no tombstone, and whether the source has lost them."""
    names = ", ".join(quoted(column.name) for column in _key(table))
    if not landed:
        return f"select {names}, false as is_gone from present where false"
    files = [writer.store.url(path) for path in landed]
    own = ", ".join(f"live.{quoted(name)}" for name in table.key)
    same = " and ".join(f"present.{quoted(name)} = live.{quoted(name)}" for name in table.key)
    return f"""
        with live as (
            select {names} from {bronze(table, files)}
            group by all
            having arg_max(_op, _batch_id || format('{{:012d}}', _position)) <> 'delete'
        )
        select {own}, present._is_there is null as is_gone
        from live left join (select distinct {names}, true as _is_there from present) as present on {same}
    """


def _check_share(origin: Origin, keys: Keys, present: int, live: int, gone: int) -> None:
    name, table = f"{origin.source}.{origin.table.name}", origin.table.name
    once = f"accept it once with: fondaco ingest {name} --accept-deletes"
    if live and not present:
        raise DeletesRefused(
            f"{table} is empty at the source, but {live:,} rows of it are in the lake; nothing was deleted",
            hint=f"see whether the source is the right one; if it was emptied on purpose, {once}",
        )
    if gone > keys.max_delete_share * live:
        raise DeletesRefused(
            f"{table} lost {gone:,} of {live:,} rows at the source ({gone / live:.0%}), more than max_delete_share allows "
            f"({keys.max_delete_share:.0%}); nothing was deleted",
            hint=f"see whether they were deleted on purpose; if so, {once}, or raise sources.{origin.source}.max_delete_share",
        )


def _write_tombstones(writer: Writer, origin: Origin, keys: Keys, batch: str, path: str, ingested_at: datetime) -> DataFile:
    table = origin.table
    values = dict[str, str]()
    for column in table.columns:
        value = quoted(column.name) if column.name in table.key else "null"
        if column.name == table.cursor and column.type in ("timestamp", "timestamptz", "date"):
            value = f"timestamp '{_clock_text(keys)}'"
        values[column.name] = f"cast({value} as {column.type})"
    own = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
    order = ", ".join(quoted(name) for name in table.key)
    query = f"""
        with dead as (
            select {own}, row_number() over (order by {order}) as _row from gone where is_gone
        )
        select * exclude (_row), {literal(batch)} as _batch_id, timestamp '{ingested_at:%Y-%m-%d %H:%M:%S.%f}' as _ingested_at, 'delete' as _op,
            {literal(origin.source)} as _source, cast(null as varchar) as _file, _row, _row as _position
        from dead order by _row
    """
    file = writer.copy(query, path)
    writer.step("part")
    writer.store.sync([path])
    writer.step("synced")
    return file
