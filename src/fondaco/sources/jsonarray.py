"""A JSON file that is one array of objects, read object by object; a .json file that begins otherwise is taken for JSON lines.

An array that breaks somewhere has no next line to go on with, so it is refused whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.base import Reject
from fondaco.sources.content import Columns, Content
from fondaco.sources.jsonlines import MAX_LINE, checked, read_jsonlines
from fondaco.sources.jsonrow import DECODER, Fault, Rows
from fondaco.sources.text import utf8_chunks

_ROWS_PER_BATCH = 50_000
_RAW_LIMIT = 1_000_000
_SPACE = " \t\r\n"
_AGAIN = "send it again; it may be cut off, or not JSON"


def read_json(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Reads the whole file once, then opens it for reading.

    Raises:
        FileRejected: the file is damaged, not text, or not one whole array.
    """
    beginning = next((text for chunk in utf8_chunks(drop, form.encoding) if (text := chunk.strip())), b"")
    if not beginning.startswith(b"["):
        return read_jsonlines(drop, table, form)
    count = sum(1 for _ in _items(drop, utf8_chunks(drop, form.encoding)))
    chunks, nbytes = checked(drop, form)
    content = Content(iter(()), rows_read=count, nbytes=nbytes)
    content.batches = _batches(drop, table, form, chunks, content)
    return content


def _batches(drop: Drop, table: Table, form: FileFormat, chunks: Iterator[bytes], content: Content) -> Iterator[pa.RecordBatch]:
    columns, number = Columns(drop, table), 0
    reading = Rows(columns.declared, form)
    rows, numbers = list[dict[str, str | None]](), list[int]()
    for number, (item, raw) in enumerate(_items(drop, chunks), 1):
        try:
            if isinstance(item, Fault):
                raise item
            row = reading.of(item)
        except Fault as error:
            content.rejects.append(Reject(drop.name, number, error.reason, None, raw[:_RAW_LIMIT], str(error)))
            continue
        columns.admit(row)
        rows.append(row)
        numbers.append(number)
        if len(rows) == _ROWS_PER_BATCH:
            yield columns.batch(rows, numbers)
            rows, numbers = [], []
    if number != content.rows_read:
        raise drop.rejected(
            f"was counted as {content.rows_read:,} objects but read as {number:,}", "it changed while it was read: run again"
        )
    if rows:
        yield columns.batch(rows, numbers)


def _items(drop: Drop, chunks: Iterator[bytes]) -> Iterator[tuple[Any, str]]:
    """The array's items with their text; one that is JSON but breaks our rules comes as its fault."""
    text, at, ended = "", 0, False
    pieces = chain((chunk.decode() for chunk in chunks), [""])
    wanted = "["
    for piece in pieces:
        is_last = piece == ""
        text, at = text[at:] + piece, 0
        while True:
            at = _after_space(text, at)
            if at == len(text):
                break
            if ended:
                raise drop.rejected("goes on after its array", _AGAIN)
            if wanted == "[":
                at, wanted = at + 1, "first"
            elif text[at] == "]" and wanted in ("first", ","):
                at, ended = at + 1, True
            elif wanted == ",":
                if text[at] != ",":
                    raise drop.rejected(f"is not JSON: {text[at : at + 20]!r} follows an item of its array", _AGAIN)
                at, wanted = at + 1, "item"
            else:
                found = _item(text, at)
                # a number may go on in the next piece, and so may whatever could not be read
                if found is None or (found[1] == len(text) and not is_last):
                    if is_last or len(text) - at > MAX_LINE:
                        raise drop.rejected(f"is not JSON: its array breaks at {text[at : at + 40]!r}", _AGAIN)
                    break
                yield found[0], text[at : found[1]]
                at, wanted = found[1], ","
    if not ended:
        raise drop.rejected("is cut off: its array does not end", _AGAIN)


def _item(text: str, at: int) -> tuple[Any, int] | None:
    """The item that begins there and where it ends, None if it is not whole."""
    try:
        return DECODER.raw_decode(text, at)
    except Fault as fault:
        end = _end(text, at)
        return None if end is None else (fault, end)
    except (json.JSONDecodeError, RecursionError):
        return None


def _end(text: str, at: int) -> int | None:
    """Where an item ends that is JSON though it breaks our rules."""
    try:
        return json.JSONDecoder().raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return None


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
