"""JSON lines: one object a line; every value comes as text exactly as written, so no number passes through a float.

A nested value becomes its JSON text. A missing key is NULL. Each line that is no object is rejected by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, RESERVED, ROW, Reject
from fondaco.sources.content import IN_MEMORY, MAX_NEW_COLUMNS, Content
from fondaco.sources.text import utf8_chunks

_LINES_PER_BATCH = 50_000


class _Number(str):
    """A number as it was written."""


class _Fault(ValueError):
    """A line that is JSON but no row."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_jsonlines(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Checks encoding and archive of the whole file, then opens it for reading.

    Raises:
        FileRejected: the file is damaged, not text, or not JSON lines at all.
    """
    kept, nbytes = list[bytes](), 0
    for chunk in utf8_chunks(drop, form.encoding):
        nbytes += len(chunk)
        kept = [*kept, chunk] if nbytes <= IN_MEMORY else []
    chunks = iter(kept) if nbytes <= IN_MEMORY else utf8_chunks(drop, form.encoding)
    content = Content(iter(()), nbytes=nbytes)
    content.batches = _batches(drop, table, chunks, content)
    return content


def _batches(drop: Drop, table: Table, chunks: Iterator[bytes], content: Content) -> Iterator[pa.RecordBatch]:
    known = {column.name for column in table.columns}
    names = [column.name for column in table.columns]
    rows, numbers = list[dict[str, str | None]](), list[int]()
    for line in _lines(chunks):
        content.rows_read += 1
        try:
            row = _row(line)
            numbers.append(content.rows_read)
            rows.append(row)
        except (ValueError, RecursionError) as error:
            reason = error.reason if isinstance(error, _Fault) else "bad_json"
            content.rejects.append(Reject(drop.name, content.rows_read, reason, None, line.decode()[:1_000_000], str(error)))
            continue
        if not row.keys() <= known:
            _admit(drop, sorted(row.keys() - known), known, names, len(table.columns))
        if len(rows) == _LINES_PER_BATCH:
            yield _batch(drop, names, rows, numbers)
            rows, numbers = [], []
    if content.rejects and len(content.rejects) == content.rows_read:
        raise drop.rejected(
            "is not JSON lines: no line of it is a JSON object", "write one object on each line, or declare the format it has"
        )
    if rows:
        yield _batch(drop, names, rows, numbers)


def _admit(drop: Drop, new: list[str], known: set[str], names: list[str], declared: int) -> None:
    """Takes keys that were not seen before as further columns."""
    lowered = {name.lower() for name in names}
    for name in new:
        if name == "" or name.lower() in RESERVED or name.lower() in lowered:
            raise drop.rejected(
                f"has a key {name!r} that cannot be a column of its own",
                "name every value, once, by more than case, and not like the lake's columns",
            )
        known.add(name)
        names.append(name)
    if len(names) - declared > MAX_NEW_COLUMNS:
        raise drop.rejected(
            f"has more than {MAX_NEW_COLUMNS} keys that are not declared", "nest them in one object, or declare them in systems/"
        )


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines that are not blank, without their ends."""
    waiting = b""
    for chunk in chunks:
        lines = (waiting + chunk).split(b"\n")
        waiting = lines.pop()
        yield from (line.rstrip(b"\r") for line in lines if line.strip())
    if waiting.strip():
        yield waiting.rstrip(b"\r")


def _batch(drop: Drop, names: list[str], rows: list[dict[str, str | None]], numbers: list[int]) -> pa.RecordBatch:
    columns: dict[str, pa.Array[Any]] = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    columns[FILE] = pa.repeat(pa.scalar(drop.name), len(rows))
    columns[ROW] = pa.array(numbers, pa.int64())
    return pa.RecordBatch.from_pydict(columns)


def _row(line: bytes) -> dict[str, str | None]:
    value = _DECODER.decode(line.decode())
    if not isinstance(value, dict):
        raise _Fault("not_an_object", "is JSON but no object")
    if b"\\u0000" in line or b"\0" in line:
        raise _Fault("zero_byte", "holds a zero byte")
    return {name: item if item is None or isinstance(item, str) else _json(item) for name, item in value.items()}


def _json(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(name)}:{_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Fault("duplicate_key", "names a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise _Fault("bad_json", f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_no_constant, object_pairs_hook=_object)
