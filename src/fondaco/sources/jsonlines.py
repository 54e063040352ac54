"""JSON lines: one object a line; every value comes as text exactly as written, so no number passes through a float.

A nested value becomes its JSON text. A missing key is NULL. Each line that is no object is rejected by itself; so is an object that names
a key twice, because no reader could know which one is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.base import Reject
from fondaco.sources.content import IN_MEMORY, Columns, Content
from fondaco.sources.jsonrow import Rows
from fondaco.sources.text import utf8_chunks

_LINES_PER_BATCH = 50_000
#: A line, or an object of an array, is held in memory whole.
MAX_LINE = 64 << 20
_RAW_LIMIT = 1_000_000


def read_jsonlines(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Checks encoding and archive of the whole file, then opens it for reading.

    Raises:
        FileRejected: the file is damaged, not text, or not JSON lines at all.
    """
    chunks, nbytes = checked(drop, form)
    content = Content(iter(()), nbytes=nbytes)
    content.batches = _batches(drop, table, form, chunks, content)
    return content


def checked(drop: Drop, form: FileFormat) -> tuple[Iterator[bytes], int]:
    """The text of a file that was read to its end once, and its size; it is kept if it is small."""
    kept, nbytes = list[bytes](), 0
    for chunk in utf8_chunks(drop, form.encoding):
        nbytes += len(chunk)
        if nbytes <= IN_MEMORY:
            kept.append(chunk)
        else:
            kept.clear()
    return (iter(kept) if nbytes <= IN_MEMORY else utf8_chunks(drop, form.encoding)), nbytes


def _batches(drop: Drop, table: Table, form: FileFormat, chunks: Iterator[bytes], content: Content) -> Iterator[pa.RecordBatch]:
    columns = Columns(drop, table)
    reading = Rows(columns.declared, form)
    rows, numbers = list[dict[str, str | None]](), list[int]()
    for line in _lines(drop, chunks):
        content.rows_read += 1
        try:
            row = reading.of_text(line.decode())
        except (ValueError, RecursionError) as error:
            raw = line[: 4 * _RAW_LIMIT].decode(errors="ignore")[:_RAW_LIMIT]
            content.rejects.append(Reject(drop.name, content.rows_read, getattr(error, "reason", "bad_json"), None, raw, str(error)))
            continue
        columns.admit(row)
        numbers.append(content.rows_read)
        rows.append(row)
        if len(rows) == _LINES_PER_BATCH:
            yield columns.batch(rows, numbers)
            rows, numbers = [], []
    if content.rejects and len(content.rejects) == content.rows_read:
        raise drop.rejected(
            "is not JSON lines: no line of it is a JSON object", "write one object on each line, or declare the format it has"
        )
    if rows:
        yield columns.batch(rows, numbers)


def _lines(drop: Drop, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that are not blank, without their ends."""
    waiting, size = list[bytes](), 0
    for chunk in chunks:
        first, *lines = chunk.split(b"\n")
        waiting.append(first)
        size += len(first)
        if size > MAX_LINE:
            raise drop.rejected(f"has a line of more than {MAX_LINE >> 20} MB", "write one object on each line")
        if not lines:
            continue
        *whole, last = [b"".join(waiting), *lines]
        yield from (line.rstrip(b"\r") for line in whole if line.strip())
        waiting, size = [last], len(last)
    if (line := b"".join(waiting)).strip():
        yield line.rstrip(b"\r")
