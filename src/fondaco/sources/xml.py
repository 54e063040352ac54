"""XML files: elements that are rows, their columns from attributes and from elements below them, read in a stream.

Read twice: first to its end, which finds whether it is whole and counts the rows; then row by row, each forgotten when it was read.
A document type is refused before anything of it takes effect, so no entity is expanded and nothing outside the file is opened.
A missing element is NULL, an empty one the empty text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
from lxml import etree

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.base import Reject
from fondaco.sources.content import Columns, Content

_ROWS_PER_BATCH = 20_000
_PARSER: dict[str, Any] = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_RAW_LIMIT = 1_000_000
_PIECE = 64 << 10


def read_xml(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Reads the whole file once, then opens it for reading.

    Raises:
        FileRejected: it is not well formed, brings a document type, or holds no rows where they are declared.
    """
    count = _count(drop, form)
    content = Content(iter(()), rows_read=count.rows, nbytes=count.nbytes)
    content.batches = _batches(drop, table, form, content)
    return content


class _Path:
    """Names of elements from the root on."""

    def __init__(self, path: str, form: FileFormat) -> None:
        self.steps, self._form = path.split("/"), form

    def __len__(self) -> int:
        return len(self.steps)

    def is_step(self, depth: int, tag: str) -> bool:
        """Whether an element of that tag can stand at that depth, from 1."""
        return _named(tag, self._form) == self.steps[depth - 1]


class _Count:
    """A target for the parser that builds nothing: it counts the rows and refuses a document type."""

    def __init__(self, drop: Drop, form: FileFormat) -> None:
        self._drop, self._path = drop, _Path(form.row, form) if form.row else None
        self._depth = self._on_path = self.rows = self.nbytes = 0
        self._names = set[str]()

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise self._drop.rejected("brings a document type (<!DOCTYPE …>), which may hold entities", "send it without one")

    def start(self, tag: str, _attributes: Any) -> None:
        self._depth += 1
        if self._path is None:
            if self._depth == 2:
                self.rows += 1
                self._names.add(tag)
            return
        if self._depth == 1 and not self._path.is_step(1, tag):
            wanted = self._path.steps[0]
            raise self._drop.rejected(
                f"has the root <{_local(tag)}>, not <{wanted}>", "change `row:` in its format, or send what was declared"
            )
        if self._on_path == self._depth - 1 and self._depth <= len(self._path) and self._path.is_step(self._depth, tag):
            self._on_path = self._depth
            self.rows += self._depth == len(self._path)

    def end(self, _tag: str) -> None:
        self._on_path = min(self._on_path, self._depth - 1)
        self._depth -= 1

    def close(self) -> None:
        if len(self._names) > 1:
            names = ", ".join(f"<{_local(name)}>" for name in sorted(self._names)[:4])
            raise self._drop.rejected(
                f"has more than one kind of element below its root: {names}", "say which are rows, with `row:` in its format"
            )


def _count(drop: Drop, form: FileFormat) -> _Count:
    target = _Count(drop, form)
    parser = etree.XMLParser(target=cast(Any, target), **_PARSER)
    try:
        for chunk in drop.chunks():
            target.nbytes += len(chunk)
            parser.feed(chunk)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _malformed(drop, error) from error
    return target


def _malformed(drop: Drop, error: etree.XMLSyntaxError) -> Exception:
    line = f" on line {error.lineno}" if error.lineno else ""
    return drop.rejected(
        f"is not well-formed XML{line} ({str(error.msg).split(', line')[0]})", "send it again; it may be cut off, or not XML"
    )


def _elements(drop: Drop, form: FileFormat) -> Iterator[etree._Element]:
    """The rows' elements one after another; what was passed is forgotten."""
    path = _Path(form.row or "*/*", form)
    parser: Any = etree.XMLPullParser(("start", "end"), remove_comments=True, remove_pis=True, **_PARSER)
    depth = on_path = 0
    try:
        for chunk in _pieces(drop):
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "start":
                    depth += 1
                    if on_path == depth - 1 and depth <= len(path) and (form.row is None or path.is_step(depth, element.tag)):
                        on_path = depth
                    continue
                if on_path == depth == len(path):
                    yield element
                if on_path < len(path) or depth == len(path):  # outside of rows, or a row that was read
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
                on_path = min(on_path, depth - 1)
                depth -= 1
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _malformed(drop, error) from error


def _pieces(drop: Drop) -> Iterator[bytes]:
    """The file in pieces so small that the elements of one are few."""
    for chunk in drop.chunks():
        for at in range(0, len(chunk), _PIECE):
            yield chunk[at : at + _PIECE]


def _batches(drop: Drop, table: Table, form: FileFormat, content: Content) -> Iterator[pa.RecordBatch]:
    columns = Columns(drop, table)
    by_path = {path: name for name, path in form.paths.items()}
    nulls, number = frozenset(form.null_texts()), 0
    rows, numbers = list[dict[str, str | None]](), list[int]()
    for number, element in enumerate(_elements(drop, form), 1):
        found = dict[str, list[str | None]]()
        _flatten(element, "", found, by_path, form)
        if _has_text(element):
            found["."] = [_trimmed(element.text or "", form)]
        row, fault = _row(found, by_path, columns, nulls)
        if fault is not None:
            raw = etree.tostring(element, encoding="unicode", with_tail=False)[:_RAW_LIMIT]
            content.rejects.append(Reject(drop.name, number, fault[0], fault[1], raw, fault[2]))
            continue
        columns.admit(row)
        rows.append(row)
        numbers.append(number)
        if len(rows) == _ROWS_PER_BATCH:
            yield columns.batch(rows, numbers)
            rows, numbers = [], []
    if number != content.rows_read:
        raise drop.rejected(f"was counted as {content.rows_read:,} rows but read as {number:,}", "it changed while it was read: run again")
    if rows:
        yield columns.batch(rows, numbers)


def _flatten(element: etree._Element, above: str, found: dict[str, list[str | None]], by_path: dict[str, str], form: FileFormat) -> None:
    """Adds what stands below an element, by path: texts of its attributes and of elements that hold no others."""
    for name, value in element.attrib.items():
        if not str(name).startswith(_XSI):
            found.setdefault(f"{above}@{_named(str(name), form)}", []).append(_trimmed(str(value), form))
    for child in element.iterchildren(etree.Element):
        path = above + _named(child.tag, form)
        if len(child) == 0:
            is_nil = child.get(f"{_XSI}nil") in ("true", "1")
            found.setdefault(path, []).append(None if is_nil else _trimmed(child.text or "", form))
        elif path in by_path or _has_text(child):
            found.setdefault(path, []).append(etree.tostring(child, encoding="unicode", with_tail=False))
            continue
        _flatten(child, f"{path}/", found, by_path, form)


def _has_text(element: etree._Element) -> bool:
    """Whether text stands between the elements below."""
    return any((text or "").strip() for text in (element.text, *(child.tail for child in element)))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _named(tag: str, form: FileFormat) -> str:
    """An element's or attribute's name as paths write it: with a prefix if its namespace is a declared one, else without any."""
    uri, _, name = tag.rpartition("}")
    prefix = next((prefix for prefix, declared in form.namespaces.items() if uri and declared == uri[1:]), None)
    return f"{prefix}:{name}" if prefix else name


def _trimmed(text: str, form: FileFormat) -> str:
    return text.strip() if form.trim else text


def _row(
    found: dict[str, list[str | None]], by_path: dict[str, str], columns: Columns, nulls: frozenset[str]
) -> tuple[dict[str, str | None], tuple[str, str | None, str] | None]:
    """The row, or why it is none as (reason, column, words)."""
    row, fault = dict[str, str | None](), None
    for path, texts in found.items():
        name = by_path.get(path) or _default(path, by_path, columns)
        if name in row or (len(texts) > 1 and name in columns.declared):
            fault = ("repeated_element", name, f"holds {name!r} more than once")
        text = texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)
        row[name] = None if text in nulls else text
    return row, fault


def _default(path: str, by_path: dict[str, str], columns: Columns) -> str:
    """The column of a path that none declares: an element or attribute of the row itself is the column of its name."""
    name = path.removeprefix("@")
    is_declared = name in columns.declared and name not in by_path.values()
    return name if is_declared else path
