"""How the files of a table are written, as declared in systems/: nothing of it is guessed, and what cannot be is said at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["csv", "jsonl", "json", "parquet", "xlsx", "xml"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What may stand between thousands: the usual marks, among them the spaces that do not break.
_THOUSANDS = ("", ".", ",", " ", "'", "’", "_", "\u00a0", "\u202f")
#: Python's codecs that are no encodings of text.
_NO_TEXT = frozenset(
    ("base64", "bz2", "hex", "idna", "punycode", "quopri", "raw-unicode-escape", "rot-13", "undefined", "unicode-escape", "uu", "zlib")
)
_STEP = re.compile(r"[^/@\s]+")


@dataclass(frozen=True)
class FileFormat:
    """How the files of a table are written; declared, never guessed. Each kind of file takes what concerns it.

    Attributes:
        kind: for files whose name does not end in one of the kinds.
        delimiter: CSV: one ASCII character.
        quote: CSV: the character around fields; empty if fields are never quoted.
        escape: CSV: the character that takes its meaning from the next one; empty if quotes are doubled instead.
        encoding: text: a codec's name. XML says its own.
        header: CSV and Excel: whether the first record names the columns; if not, they stand in the declared order.
        skip: CSV and Excel: lines (rows) before the header that are no records.
        comment: CSV: lines before the header that begin with this are no records.
        footer: CSV: what the last line begins with, which is no record; a file without it was not sent whole.
        trim: take spaces and tabs off both ends of every text.
        nulls: texts that stand for NULL; None is the kind's own way (CSV: an unquoted empty field).
        sheet: Excel: name or number (from 1) of the sheet; None where only one holds anything.
        row: XML: path from the root to the rows' elements, such as ``orders/order``; None: the root's children.
        paths: XML: where a column stands below its row, such as ``customer/email`` or ``@id``.
        namespaces: XML: prefixes that the paths use.
    """

    kind: Kind
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    escape: str = ""
    header: bool = True
    skip: int = 0
    comment: str = ""
    footer: str = ""
    trim: bool = False
    nulls: tuple[str, ...] | None = None
    sheet: str | int | None = None
    row: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)

    def null_texts(self, own: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The texts that stand for NULL where the kind's own are these."""
        return own if self.nulls is None else self.nulls

    def faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong in it, as (setting, words)."""
        yield from _faults_of_marks(self)
        if self.skip < 0:
            yield "skip", "'skip' counts lines: it is 0 or more"
        if (wrong := encoding_fault(self.encoding)) is not None:
            yield "encoding", wrong
        if isinstance(self.sheet, int) and self.sheet < 1:
            yield "sheet", "sheets are counted from 1"
        for column, path in (("row", self.row), *self.paths.items()):
            if path is not None and not _is_path(path, attribute=column != "row"):
                example = "orders/order" if column == "row" else "customer/email or @id"
                yield "row" if column == "row" else "paths", f"{path!r} is no path: write {example}"
        used = {
            step.partition(":")[0].lstrip("@") for path in (self.row or "", *self.paths.values()) for step in path.split("/") if ":" in step
        }
        for prefix in sorted(used - set(self.namespaces)):
            yield "namespaces", f"the prefix {prefix!r} is used in a path, but namespaces does not say what it stands for"


def _faults_of_marks(form: FileFormat) -> Iterator[tuple[str, str]]:
    marks = {"delimiter": form.delimiter, "quote": form.quote, "escape": form.escape}
    for name, mark in marks.items():
        if len(mark.encode()) > 1 or (name == "delimiter" and not mark):
            example = r"',', ';', '|' or \"\t\"" if name == "delimiter" else "empty, or one character"
            yield name, f"{name!r} is {mark!r}: it must be one ASCII character ({example})"
        elif mark and (mark in "\r\n\0" or mark.isalnum()):
            yield name, f"{name!r} is {mark!r}, which cannot be told from the text itself"
    taken = [mark for mark in marks.values() if mark]
    if len(set(taken)) < len(taken):
        yield "escape" if form.escape in (form.delimiter, form.quote) else "quote", "delimiter, quote and escape must be three characters"
    for name, text in (("comment", form.comment), ("footer", form.footer)):
        if "\n" in text or "\r" in text:
            yield name, f"{name!r} is the beginning of one line"


def encoding_fault(name: str) -> str | None:
    """What keeps this from being an encoding of text, None if nothing does."""
    try:
        is_text = codecs.lookup(name).name not in _NO_TEXT
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        return f"{name!r} is not an encoding of text: utf-8, utf-16, cp1252, iso-8859-15, …"
    return None


def numeral_fault(decimal: str, thousands: str) -> tuple[str, str] | None:
    """What is wrong with the marks in numbers, as (setting, words)."""
    if decimal not in (".", ","):
        return "decimal", f"'decimal' is {decimal!r}: it is '.' or ','"
    if thousands not in _THOUSANDS or thousands == decimal:
        return "thousands", f"'thousands' is {thousands!r}: it is one of . , ' _ or a space, and not the decimal mark"
    return None


def truth_words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The words for true and for false of a boolean column's format, such as ``ja|j/nein|n``; None if it is none."""
    sides = [tuple(side.split("|")) for side in text.split("/")]
    words = [word for side in sides for word in side]
    if len(sides) != 2 or "" in words or len(set(words)) < len(words):
        return None
    return sides[0], sides[1]


def _is_path(path: str, *, attribute: bool) -> bool:
    *steps, last = path.split("/")
    if attribute and last.startswith("@"):
        last = last[1:]
    return all(_STEP.fullmatch(step) for step in (*steps, last))
