"""Excel files: one sheet, whose first row names the columns; rows keep the numbers that the sheet gives them.

An empty cell is NULL. A number is a double and becomes the text that the sheet shows; a day becomes ISO 8601. What the sheet does not
say for certain (an error, a formula that was never computed, merged cells) puts its row aside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import chain
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from fondaco.contracts import Column, FileFormat, Table
from fondaco.sources import notation
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, ROW, Reject
from fondaco.sources.content import Content, check_columns
from fondaco.sources.sheet import Sheet, look_inside

_ROWS_PER_BATCH = 20_000
#: Bytes of a cell as text, about.
_CELL_BYTES = 12
_OLD_OFFICE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"


def read_xlsx(drop: Drop, table: Table, form: FileFormat) -> Content:
    """Looks through the whole sheet, then opens it for reading.

    Raises:
        FileRejected: it is no whole .xlsx, has a password, or its header is not the declared one.
    """
    with drop.path.open("rb") as file:
        beginning = file.read(4)
    if not beginning:
        raise drop.rejected("is empty (0 bytes)", "send it again; a day without rows still has its header")
    if beginning == _OLD_OFFICE:
        raise drop.rejected("is an old .xls file, or one with a password", "save it as .xlsx without a password")
    if not beginning.startswith(_ZIP):
        raise drop.rejected("is no .xlsx file", "save it as .xlsx, or name it as what it is")
    drop.digest()
    look = look_inside(drop, form.sheet)
    try:
        sheet = CalamineWorkbook.from_path(drop.path).get_sheet_by_name(look.name)
    except CalamineError as error:
        raise drop.rejected(f"cannot be read as .xlsx ({error})", "save it again with Excel, or export it as CSV") from error
    return _Reading(drop, table, form, look, sheet).content()


class _Reading:
    """One sheet on its way to rows."""

    def __init__(self, drop: Drop, table: Table, form: FileFormat, look: Sheet, sheet: CalamineSheet) -> None:
        self._drop, self._table, self._form, self._look, self._sheet = drop, table, form, look, sheet
        self._first_column = sheet.start[1] if sheet.start else 0
        self._nulls = frozenset(form.null_texts())
        self._merged = sheet.merged_cell_ranges or []

    def content(self) -> Content:
        rows = [number for number in self._look.rows if number > self._form.skip]
        header, names = 0, [column.name for column in self._table.columns]
        places = [*range(len(names))]
        if self._form.header:
            if not rows:
                raise self._drop.rejected("has no header", "send it again; a day without rows still has its header")
            header = rows.pop(0)
            places, names = self._header(header)
            check_columns(self._drop, names, self._table)
        content = Content(iter(()), rows_read=len(rows), nbytes=len(rows) * len(names) * _CELL_BYTES)
        content.batches = self._batches(rows, list(zip(places, names, strict=True)), content)
        return content

    def _header(self, number: int) -> tuple[list[int], list[str]]:
        """The columns that have a name, from the first one on, and their names."""
        if self._look.untrue.get(number) or self._is_merged(number):
            raise self._drop.rejected(f"has errors or merged cells in its header (row {number})", "name each column in a cell of its own")
        cells = next(cells for row, cells in enumerate(self._sheet.iter_rows(), 1) if row == number)
        texts = [self._text(cell, None) or "" for cell in cells]
        places = [place for place, text in enumerate(texts) if text]
        return [self._first_column + place for place in places], [texts[place] for place in places]

    def _batches(self, numbers: list[int], columns: list[tuple[int, str]], content: Content) -> Iterator[pa.RecordBatch]:
        declared = {column.name: column for column in self._table.columns}
        width = {place for place, _ in columns}
        wanted, good, values = set(numbers), list[int](), list[list[str | None]]()
        kinds = [(place - self._first_column, declared.get(name)) for place, name in columns]
        end = self._sheet.end[0] + 1 if self._sheet.end else 0
        # rows at the end whose cells hold no value (a formula that was never computed) are none to the reader of values
        beyond: Iterator[tuple[int, list[Any]]] = ((number, []) for number in numbers if number > end)
        for number, cells in chain(enumerate(self._sheet.iter_rows(), 1), beyond):
            if number not in wanted:
                continue
            texts = [self._text(cells[at], column) if 0 <= at < len(cells) else None for at, column in kinds]
            if (fault := self._fault(number, cells, width, columns)) is not None:
                raw = json.dumps({name: text for (_, name), text in zip(columns, texts, strict=True)}, ensure_ascii=False)
                content.rejects.append(Reject(self._drop.name, number, fault[0], fault[1], raw, fault[2]))
                continue
            good.append(number)
            values.append(texts)
            if len(good) == _ROWS_PER_BATCH:
                yield self._batch(columns, good, values)
                good, values = [], []
        if good:
            yield self._batch(columns, good, values)

    def _fault(self, number: int, cells: list[Any], width: set[int], columns: list[tuple[int, str]]) -> tuple[str, str | None, str] | None:
        """Why the row is none, as (reason, column, words)."""
        names = dict(columns)
        for place, cell, said in self._look.untrue.get(number, []):
            if said is not None:
                return "error_cell", names.get(place), f"cell {cell} is the error {said}"
            return "formula_without_value", names.get(place), f"cell {cell} is a formula that was never computed"
        if self._is_merged(number):
            return "merged_cells", None, "holds cells that are merged with others, so that one value would count for several or none"
        for at, cell in enumerate(cells):
            if cell != "" and (place := self._first_column + at) not in width:
                return "ragged", None, f"holds a value in column {place + 1}, which has no name"
        if any("\0" in cell for cell in cells if isinstance(cell, str)):
            return "zero_byte", None, "holds a zero byte"
        return None

    def _is_merged(self, number: int) -> bool:
        return any(top <= number - 1 <= bottom for (top, _), (bottom, _) in self._merged)

    def _text(self, cell: Any, column: Column | None) -> str | None:
        """A cell as text, None if it is empty."""
        if isinstance(cell, str):
            text = cell.strip(" \t") if self._form.trim else cell
            return None if text == "" or text in self._nulls else text
        if isinstance(cell, bool):
            return notation.truth(cell, column)
        if isinstance(cell, int | float):
            return notation.double(float(cell), column)
        assert isinstance(cell, date | time | timedelta)
        return notation.day(cell, column)

    def _batch(self, columns: list[tuple[int, str]], numbers: list[int], values: list[list[str | None]]) -> pa.RecordBatch:
        arrays = {name: pa.array(texts, pa.string()) for (_, name), texts in zip(columns, zip(*values, strict=True), strict=True)}
        return pa.RecordBatch.from_pydict(
            {**arrays, FILE: pa.repeat(pa.scalar(self._drop.name), len(numbers)), ROW: pa.array(numbers, pa.int64())}
        )
