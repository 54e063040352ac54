"""Counts the records of delimited text apart from the reader that parses them, and finds where quoting breaks.

Two readers that agree on the number of records are the proof that none was lost. The fast count takes quoted fields out
with one regular expression and then counts line ends; text whose quotes are not plainly in order is walked record by record.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

#: A broken record is kept whole up to this many characters.
_RAW_LIMIT = 1_000_000


@dataclass(frozen=True)
class Dialect:
    """How the text is delimited; an empty quote means that fields are never quoted."""

    delimiter: str
    quote: str


@dataclass
class Records:
    """What a walk over the text found.

    Attributes:
        count: records before `end`, the header among them, blank lines not.
        broken: records with broken quoting that end on their own line, by number (the header is 1), with their text.
        end: byte after which nothing can be trusted, because a quote opened there was never closed; None if all is well.
        rest: what follows `end`, up to a limit, and its number of lines.
    """

    count: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    end: int | None = None
    rest: str = ""
    rest_lines: int = 0


def walk(chunks: Iterable[bytes], dialect: Dialect) -> Records:
    """Counts the records of UTF-8 text that comes in pieces; holds one piece (and one record) in memory."""
    pieces, waiting, offset, found = iter(chunks), b"", 0, Records()
    quote = dialect.quote.encode()
    for piece in pieces:
        waiting += piece
        cut = _last_record_end(waiting, quote)
        if cut == 0:
            continue
        count = _count_in_order(waiting[:cut], dialect)
        if count is None:
            return _walk_each(chain([waiting], pieces), dialect, offset, found)
        found.count += count
        waiting, offset = waiting[cut:], offset + cut
    count = _count_in_order(waiting, dialect)
    if count is None:
        return _walk_each([waiting], dialect, offset, found)
    found.count += count
    return found


def _last_record_end(text: bytes, quote: bytes) -> int:
    """Where the last whole record ends, if quotes come in pairs; 0 if none is seen to."""
    cut = len(text)
    for _ in range(1000):
        cut = text.rfind(b"\n", 0, cut) + 1
        if cut == 0 or not quote or text.count(quote, 0, cut) % 2 == 0:
            return cut
        cut -= 1
    return 0


def _count_in_order(text: bytes, dialect: Dialect) -> int | None:
    """Number of records, or None if a quote stands anywhere but around a whole field."""
    quote, delimiter = dialect.quote.encode(), dialect.delimiter.encode()
    if quote and quote in text:
        mark = re.escape(quote)
        text = re.sub(mark + b"[^" + mark + b"]*(?:" + mark * 2 + b"[^" + mark + b"]*)*" + mark, quote, text)
        fields = text.count(quote)
        opened = text.count(delimiter + quote) + text.count(b"\n" + quote) + text.count(b"\r" + quote) + text.startswith(quote)
        closed = text.count(quote + delimiter) + text.count(quote + b"\n") + text.count(quote + b"\r") + text.endswith(quote)
        if not fields == opened == closed:
            return None
    if b"\r" in text:
        text = text.replace(b"\r", b"\n")
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    return lines - _blank_lines(text)


def _blank_lines(text: bytes) -> int:
    blank = int(text.startswith(b"\n"))
    at = text.find(b"\n\n")
    while at >= 0:
        blank += 1
        at = text.find(b"\n\n", at + 1)
    return blank + (not text)


def _walk_each(chunks: Iterable[bytes], dialect: Dialect, offset: int, found: Records) -> Records:
    """The same count for text with stray quotes, record by record, from a record's beginning at byte `offset`."""
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(chunks, offset)
    while (first := lines.peek()) is not None:
        start = lines.offset
        reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
        try:
            record = next(reader)
        except csv.Error:
            if lines.offset == start + len(first) and _ends_on_its_line(first.decode(), dialect):
                found.count += 1
                found.broken[found.count] = first.decode().rstrip("\r\n")
                continue
            found.end = start
            found.rest, found.rest_lines = lines.rest_from(start)
            return found
        found.count += bool(record)
    return found


def _ends_on_its_line(line: str, dialect: Dialect) -> bool:
    """Whether a lenient reader, too, sees the record end with this line, so that the next line is a record of its own."""
    probe = "\0"
    records = list(csv.reader([line.rstrip("\r\n") + "\n", probe], delimiter=dialect.delimiter, quotechar=dialect.quote))
    return records[-1] == [probe]


class _Lines:
    """Lines of the text with the byte at which the next one begins; the lines of the current record can be had again."""

    def __init__(self, chunks: Iterable[bytes], offset: int) -> None:
        self._lines = _split(chunks)
        self._next: bytes | None = next(self._lines, None)
        self._taken: list[bytes] = []
        self._taken_from = offset
        self.offset = offset

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._next is None:
            raise StopIteration
        line, self._next = self._next, next(self._lines, None)
        self._taken.append(line)
        self.offset += len(line)
        return line.decode()

    def peek(self) -> bytes | None:
        """The next line; a new record begins with it."""
        self._taken, self._taken_from = [], self.offset
        return self._next

    def rest_from(self, start: int) -> tuple[str, int]:
        """The text from the current record's beginning to the end of the file, cut to the limit, and its number of lines."""
        assert start == self._taken_from
        kept, size, count = list[bytes](), 0, 0
        for line in chain(self._taken, [self._next] if self._next is not None else [], self._lines):
            count += 1
            if size < _RAW_LIMIT:
                kept.append(line)
                size += len(line)
        return b"".join(kept).decode()[:_RAW_LIMIT], count


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for chunk in chunks:
        lines = (waiting + chunk).splitlines(keepends=True)
        # the last line may go on in the next piece, and a piece may end between \r and \n
        waiting = lines.pop() if lines else b""
        yield from lines
    yield from waiting.splitlines(keepends=True)
