"""CSV and its kin, strictly: the dialect is declared, every record is accounted for, every column comes as text.

An unquoted empty field is NULL, a quoted one (`""`) is the empty text. A backslash is a character like any other.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from fondaco.contracts import FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, ROW, Reject
from fondaco.sources.content import IN_MEMORY, Content, check_columns
from fondaco.sources.records import Dialect, Records, walk
from fondaco.sources.text import utf8_chunks

#: A file that is too large to hold is parsed in blocks of this; Arrow reads 32 of them ahead, and no record may be larger.
_BLOCK = 2 << 20
_BEGINNING = 1 << 20
_OTHER_DELIMITERS = {"\t": "TAB", ";": ";", "|": "|", ",": ","}


def read_delimited(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Checks the whole file, then opens it for reading.

    Raises:
        FileRejected: it is no such file, or its header is not the declared one.
    """
    dialect = Dialect(form.delimiter, form.quote)
    text = _Text(drop, form.encoding)
    records = walk(text.first_pass(), dialect)
    header = _header(drop, text.beginning, dialect, table)
    content = Content(iter(()), rows_read=records.count - 1 + (records.end is not None), nbytes=text.nbytes)
    if text.has_backslash_quote:
        content.notes.append(
            f"{drop.name} escapes quotes with a backslash; quotes are doubled in CSV, so the backslashes were kept as text"
        )
    content.batches = _batches(drop, text, dialect, header, records, content)
    return content


class _Text:
    """The file's text as UTF-8: read and checked once, kept if it is small, read again if it is not."""

    def __init__(self, drop: Drop, encoding: str) -> None:
        self._drop, self._encoding = drop, encoding
        self._kept: list[bytes] | None = [] if drop.path.stat().st_size <= IN_MEMORY else None
        self.beginning = b""
        self.nbytes = 0
        self.has_backslash_quote = False
        self.has_nul = False

    def first_pass(self) -> Iterator[bytes]:
        for chunk in utf8_chunks(self._drop, self._encoding):
            if len(self.beginning) < _BEGINNING:
                self.beginning += chunk
            if chunk.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in chunk:
                raise self._drop.rejected("holds the marks of an unresolved merge (<<<<<<<)", "resolve the conflict and send it again")
            self.has_backslash_quote |= b'\\"' in chunk
            self.has_nul |= b"\0" in chunk
            self.nbytes += len(chunk)
            if self._kept is not None:
                self._kept.append(chunk)
                if self.nbytes > IN_MEMORY:
                    self._kept = None
            yield chunk

    def block_size(self) -> int:
        return _BLOCK if self._kept is None else self.nbytes + 1

    def open(self, end: int | None) -> IO[bytes]:
        """The text up to byte `end`."""
        if self._kept is not None:
            return io.BytesIO(b"".join(self._kept)[:end])
        return io.BufferedReader(_Stream(utf8_chunks(self._drop, self._encoding), end))


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, chunks: Iterator[bytes], end: int | None) -> None:
        self._chunks, self._piece, self._left = chunks, b"", end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._piece:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._piece = piece
        count = min(len(buffer), len(self._piece), len(self._piece) if self._left is None else self._left)
        buffer[:count], self._piece = self._piece[:count], self._piece[count:]
        if self._left is not None:
            self._left -= count
        return count


def _header(drop: Drop, beginning: bytes, dialect: Dialect, table: Table) -> list[str]:
    """The file's column names, which hold every declared one."""
    text = beginning.decode("utf-8", errors="ignore")
    if text.lstrip()[:1] in ("{", "["):
        raise drop.rejected(
            "is JSON under the name of a CSV", "declare `format: {kind: jsonl}` if each line is an object, else export it as CSV"
        )
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote or None, quoting=_quoting(dialect)
    )
    header = next((record for record in reader if record), [])
    declared = [column.name for column in table.columns]
    if not any(name in declared for name in header):
        raise _no_header(drop, header, declared, dialect.delimiter)
    check_columns(drop, header, table)
    return header


def _quoting(dialect: Dialect) -> Literal[0, 3]:
    return csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE


def _no_header(drop: Drop, found: list[str], declared: list[str], delimiter: str) -> FileRejected:
    for other, label in _OTHER_DELIMITERS.items():
        if other != delimiter and any(name in declared for field in found for name in field.split(other)):
            return drop.rejected(f"is delimited by {label}, not by {delimiter!r}", f"declare `delimiter: {other!r}` in the table's format")
    first = ", ".join(map(repr, found[:3]))
    return drop.rejected(
        f"has no header: its first line ({first}, …) names none of the columns", f"begin it with {delimiter.join(declared[:4])}{delimiter}…"
    )


def _batches(drop: Drop, text: _Text, dialect: Dialect, header: list[str], records: Records, content: Content) -> Iterator[pa.RecordBatch]:
    ragged: dict[int, Reject] = {}

    def on_ragged(row: pyarrow.csv.InvalidRow) -> Literal["skip", "error"]:
        assert row.number is not None
        detail = f"{row.actual_columns} fields where the header has {row.expected_columns}"
        ragged[row.number] = Reject(drop.name, row.number - 1, "ragged", None, row.text, detail)
        return "skip"

    seen = 1
    for batch in _parsed(drop, text, dialect, header, records, on_ragged):
        numbers, seen = _numbers(seen, batch.num_rows, ragged)
        batch = batch.append_column(FILE, pa.repeat(pa.scalar(drop.name), batch.num_rows))
        batch = batch.append_column(ROW, pc.subtract(numbers, 1))
        batch = _without_broken(batch, records)
        batch = _without_headers(drop, batch, header, content)
        yield _without_nul(drop, batch, header, content) if text.has_nul else batch
    total = max([seen, *ragged])
    if total != records.count:
        raise drop.rejected(
            f"was counted as {records.count - 1:,} records but read as {total - 1:,}",
            "its quoting is ambiguous: quote every field that holds a quote",
        )
    content.rejects += [reject for number, reject in ragged.items() if number not in records.broken]
    content.rejects += [
        Reject(drop.name, number - 1, "broken_quoting", None, raw, "text follows a closing quote")
        for number, raw in records.broken.items()
        if number > 1
    ]
    if records.end is not None:
        detail = f"a quote is opened and never closed: the rest of the file ({records.rest_lines:,} lines) cannot be told into records"
        content.rejects.append(Reject(drop.name, records.count, "unclosed_quote", None, records.rest, detail))


def _parsed(
    drop: Drop,
    text: _Text,
    dialect: Dialect,
    header: list[str],
    records: Records,
    on_ragged: Callable[[pyarrow.csv.InvalidRow], Literal["skip", "error"]],
) -> Iterator[pa.RecordBatch]:
    if records.end == 0:
        return
    try:
        yield from pyarrow.csv.open_csv(
            text.open(records.end),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=text.block_size()),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=True, invalid_row_handler=on_ragged
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise drop.rejected(f"cannot be parsed: {error}", "send it again") from error


def _numbers(seen: int, count: int, ragged: dict[int, Reject]) -> tuple[pa.Int64Array, int]:
    """Record numbers of the next `count` good records after number `seen`, and the last of them."""
    if not any(number > seen for number in ragged):
        return pa.array(range(seen + 1, seen + count + 1), pa.int64()), seen + count
    numbers = list[int]()
    while len(numbers) < count:
        seen += 1
        if seen not in ragged:
            numbers.append(seen)
    return pa.array(numbers, pa.int64()), seen


def _without_broken(batch: pa.RecordBatch, records: Records) -> pa.RecordBatch:
    if not records.broken:
        return batch
    broken = pa.array([number - 1 for number in records.broken], pa.int64())
    return batch.filter(pc.invert(pc.is_in(batch[ROW], value_set=broken)))


def _without_headers(drop: Drop, batch: pa.RecordBatch, header: list[str], content: Content) -> pa.RecordBatch:
    """Leaves out repetitions of the header, as concatenated files have them: they are no records."""
    suspects = _holds(pc.equal(batch[header[0]], pa.scalar(header[0])))
    if not pc.any(suspects).as_py():
        return batch
    for name in header[1:]:
        suspects = pc.and_(suspects, _holds(pc.equal(batch[name], pa.scalar(name))))
    rows = batch.filter(suspects)[ROW].to_pylist()
    if rows:
        content.rows_read -= len(rows)
        content.notes.append(f"{drop.name} repeats its header as record {', '.join(map(str, rows[:5]))}: left out, it is no record")
    return batch.filter(pc.invert(suspects))


def _without_nul(drop: Drop, batch: pa.RecordBatch, header: list[str], content: Content) -> pa.RecordBatch:
    """Rejects the rows that hold a zero byte, which no warehouse stores."""
    bad: Any = pa.repeat(pa.scalar(False), batch.num_rows)
    for name in header:
        bad = pc.or_(bad, _holds(pc.match_substring(batch[name], "\0")))
    for row in batch.filter(bad).to_pylist():
        raw = {name: row[name] for name in header}
        column = next(name for name in header if "\0" in (row[name] or ""))
        content.rejects.append(Reject(drop.name, row[ROW], "zero_byte", column, json.dumps(raw, ensure_ascii=False), "holds a zero byte"))
    return batch.filter(pc.invert(bad))


def _holds(condition: Any) -> Any:
    """A condition that is false where it was NULL."""
    return pc.fill_null(condition, False)
