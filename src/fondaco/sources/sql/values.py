"""A database's batches as the lake expects them: where each row stood, and what no type of ours holds, as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fondaco.sources.base import FILE, ROW, Reject

#: The column that tells of odd values: NULL, or a JSON object of their exact texts by column.
ODD = "_odd"
#: Odd rows that are held until they make a batch of their own: another type is another piece of the lake.
_HELD = 20_000


def placed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches with `_file`, which is none, and `_row`, counted from 1."""
    row, counted = 1, pa.array([], pa.int64())
    for batch in batches:
        if len(counted) < batch.num_rows:
            counted = pa.array(range(batch.num_rows), pa.int64())
        numbers = pc.add(counted.slice(0, batch.num_rows), row)
        row += batch.num_rows
        yield batch.append_column(FILE, pa.nulls(batch.num_rows, pa.string())).append_column(ROW, numbers)


def told_apart(batches: Iterable[pa.RecordBatch], guarded: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows without odd values as they are; the others later, with the guarded columns as text.

    Args:
        guarded: the columns that may hold odd values; if none, there is no column `_odd`.
    """
    held, rows = list[pa.RecordBatch](), 0
    for batch in batches:
        if not guarded:
            yield batch
            continue
        odd = batch.column(ODD)
        if odd.null_count < batch.num_rows:
            is_odd = pc.is_valid(odd)
            held.append(_as_text(batch.filter(is_odd), guarded))
            rows += held[-1].num_rows
            batch = batch.filter(pc.invert(is_odd))
        if batch.num_rows:
            yield batch.drop_columns([ODD])
        if rows >= _HELD:
            yield from held
            held, rows = [], 0
    yield from held


def _as_text(batch: pa.RecordBatch, guarded: Sequence[str]) -> pa.RecordBatch:
    texts = [json.loads(str(text)) for text in batch.column(ODD).to_pylist()]
    columns: dict[str, pa.Array[Any]] = {name: batch.column(name) for name in batch.schema.names if name != ODD}
    for name in guarded:
        columns[name] = pa.array([text[name] for text in texts], pa.string())
    return pa.RecordBatch.from_pydict(columns)


def without_garbled(batches: Iterable[pa.RecordBatch], rejects: list[Reject]) -> Iterator[pa.RecordBatch]:
    """The batches without rows whose text is not UTF-8, which are rejected: SQLite gives any bytes that it was given."""
    for batch in batches:
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:
            rows = _as_bytes(batch).to_pylist()
            garbled = [_first_garbled(row) for row in rows]
            rejects += [_reject(row, column) for row, column in zip(rows, garbled, strict=True) if column is not None]
            batch = batch.filter(pa.array([column is None for column in garbled]))
        if batch.num_rows:
            yield batch


def _as_bytes(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    return pa.RecordBatch.from_pydict(
        {name: column.view(pa.binary()) if pa.types.is_string(column.type) else column for name, column in columns.items()}
    )


def _first_garbled(row: dict[str, Any]) -> str | None:
    for name, value in row.items():
        if isinstance(value, bytes):
            try:
                value.decode()
            except UnicodeDecodeError:
                return name
    return None


def _reject(row: dict[str, Any], column: str) -> Reject:
    raw = {
        name: value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
        for name, value in row.items()
        if name not in (FILE, ROW)
    }
    return Reject(None, row[ROW], "invalid_utf8", column, json.dumps(raw, ensure_ascii=False), f"{column} is no valid UTF-8")
