"""CSV and its kin, strictly: the dialect is declared, every record is accounted for, every column comes as text.

An unquoted field that is empty (or another declared text) is NULL, a quoted one is what it says. Without a declared escape a
backslash is a character like any other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from fondaco.contracts import FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, ROW, Reject
from fondaco.sources.content import Content, check_columns, without_zero_bytes
from fondaco.sources.escapes import Escapes
from fondaco.sources.records import Dialect, Records, walk
from fondaco.sources.twice import TwiceRead

_SPACES = " \t"
_OTHER_DELIMITERS = {"\t": "TAB", ";": ";", "|": "|", ",": ","}


def read_delimited(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Checks the whole file, then opens it for reading.

    Raises:
        FileRejected: it is no such file, or its header is not the declared one.
    """
    dialect = Dialect(form.delimiter, form.quote)
    text = TwiceRead(drop, form)
    records = walk(text.first_pass(), dialect)
    header = _header(drop, text, dialect, table, form)
    content = Content(iter(()), rows_read=records.count - form.header + (records.end is not None), nbytes=text.nbytes)
    if text.frame.skipped and not form.header:
        content.notes.append(f"{drop.name}: left out before its first record: {' | '.join(text.frame.skipped)}")
    if text.has_backslash_quote and not form.escape:
        content.notes.append(
            f"{drop.name} escapes quotes with a backslash; quotes are doubled in CSV, so the backslashes were kept as text"
        )
    content.batches = _batches(drop, text, dialect, header, records, content, form)
    return content


def _header(drop: Drop, text: TwiceRead, dialect: Dialect, table: Table, form: FileFormat) -> list[str]:
    """The file's column names, which hold every declared one."""
    beginning = text.beginning.decode("utf-8", errors="ignore")
    if beginning.lstrip()[:1] in ("{", "["):
        raise drop.rejected(
            "is JSON under the name of a CSV", "declare `format: {kind: jsonl}` if each line is an object, else export it as CSV"
        )
    reader = csv.reader(
        io.StringIO(beginning, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote or None, quoting=_quoting(dialect)
    )
    header = next((record for record in reader if record), [])
    declared = [column.name for column in table.columns]
    if not form.header:
        if header and len(header) != len(declared):
            raise drop.rejected(
                f"has {len(header)} fields in its first record where {len(declared)} columns are declared",
                f"declare its columns in their order, or `header: true`{_delimiter_guess(header, dialect)}",
            )
        return declared
    header = _texts(header, text.escapes, form)
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


def _texts(fields: list[str], escapes: Escapes | None, form: FileFormat) -> list[str]:
    """Column names without what was around them."""
    if escapes and escapes.found:
        fields = [str(field) for field in escapes.meant(pa.array(fields, pa.string())).to_pylist()]
    return [field.strip(_SPACES) for field in fields] if form.trim else fields


def _delimiter_guess(fields: list[str], dialect: Dialect) -> str:
    other = next((label for mark, label in _OTHER_DELIMITERS.items() if mark != dialect.delimiter and mark in fields[0]), None)
    return f"; it looks delimited by {other}" if other and len(fields) == 1 else ""


def _batches(
    drop: Drop, text: TwiceRead, dialect: Dialect, header: list[str], records: Records, content: Content, form: FileFormat
) -> Iterator[pa.RecordBatch]:
    ragged: dict[int, Reject] = {}
    heading = int(form.header)

    def on_ragged(row: pyarrow.csv.InvalidRow) -> Literal["skip", "error"]:
        assert row.number is not None
        detail = f"{row.actual_columns} fields where the header has {row.expected_columns}"
        ragged[row.number] = Reject(drop.name, row.number - heading, "ragged", None, text.written(row.text), detail)
        return "skip"

    seen = 0
    for batch in _parsed(drop, text, dialect, header, records, on_ragged, form):
        if heading and seen == 0 and batch.num_rows:
            seen, batch = 1, batch.slice(1)
        numbers, seen = _numbers(seen, batch.num_rows, ragged)
        batch = _plain(batch, text.escapes, form)
        batch = batch.append_column(FILE, pa.repeat(pa.scalar(drop.name), batch.num_rows))
        batch = batch.append_column(ROW, pc.subtract(numbers, heading))
        batch = _without_broken(batch, records, heading)
        batch = _without_headers(drop, batch, header, content)
        yield without_zero_bytes(drop, batch, header, content) if text.has_nul else batch
    total = max([seen, *ragged])
    if total != records.count:
        raise drop.rejected(
            f"was counted as {records.count - heading:,} records but read as {total - heading:,}",
            "its quoting is ambiguous: quote every field that holds a quote",
        )
    content.rejects += [reject for number, reject in ragged.items() if number not in records.broken]
    content.rejects += [
        Reject(drop.name, number - heading, "broken_quoting", None, text.written(raw), "text follows a closing quote")
        for number, raw in records.broken.items()
        if number > heading
    ]
    if records.end is not None:
        detail = f"a quote is opened and never closed: the rest of the file ({records.rest_lines:,} lines) cannot be told into records"
        number = records.count + 1 - heading
        content.rejects.append(Reject(drop.name, number, "unclosed_quote", None, text.written(records.rest), detail))


def _parsed(
    drop: Drop,
    text: TwiceRead,
    dialect: Dialect,
    header: list[str],
    records: Records,
    on_ragged: Callable[[pyarrow.csv.InvalidRow], Literal["skip", "error"]],
    form: FileFormat,
) -> Iterator[pa.RecordBatch]:
    if records.end == 0:
        return
    try:
        yield from pyarrow.csv.open_csv(
            text.open(records.end),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=text.block_size(), column_names=header),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=True, invalid_row_handler=on_ragged
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                null_values=list(form.null_texts(("",))),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise drop.rejected(f"cannot be parsed: {error}", "send it again") from error


def _plain(batch: pa.RecordBatch, escapes: Escapes | None, form: FileFormat) -> pa.RecordBatch:
    """The fields without escapes and, if so declared, without the spaces around them."""
    if not form.trim and not (escapes and escapes.found):
        return batch
    columns: list[Any] = []
    for column in batch.columns:
        values = escapes.meant(column) if escapes and escapes.found else column
        columns.append(_trimmed(values, form.null_texts(("",))) if form.trim else values)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _trimmed(values: Any, nulls: tuple[str, ...]) -> Any:
    trimmed = pc.utf8_trim(values, characters=_SPACES)
    changed = pc.not_equal(trimmed, values)
    emptied = pc.and_(changed, pc.is_in(trimmed, value_set=pa.array(nulls, pa.string())))
    return pc.if_else(_holds(emptied), pa.scalar(None, pa.string()), trimmed)


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


def _without_broken(batch: pa.RecordBatch, records: Records, heading: int) -> pa.RecordBatch:
    if not records.broken:
        return batch
    broken = pa.array([number - heading for number in records.broken], pa.int64())
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


def _holds(condition: Any) -> Any:
    """A condition that is false where it was NULL."""
    return pc.fill_null(condition, False)
