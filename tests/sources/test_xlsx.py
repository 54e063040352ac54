"""What a sheet shows is what is read, row by row with the sheet's own numbers; what it does not say for certain is put aside."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from fondaco.contracts import Column, FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources import sheet
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.xlsx import read_xlsx

XLSX = FileFormat("xlsx")
TABLE = Table("t", "", (Column("id", "varchar"), Column("name", "varchar"), Column("price", "decimal(18,4)")))


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Drop]:
    """Saves what is done to a sheet as a workbook."""

    def save(fill: Callable[[Worksheet], Any], name: str = "a.xlsx", header: bool = True) -> Drop:
        book = openpyxl.Workbook()
        page = book.active
        assert isinstance(page, Worksheet)
        if header:
            page.append(["id", "name", "price"])
        fill(page)
        book.save(tmp_path / name)
        return Drop(tmp_path / name, name)

    return save


def rows_of(content: Content) -> list[tuple[Any, ...]]:
    rows = [(row["_row"], row["id"], row["name"], row["price"]) for batch in content.batches for row in batch.to_pylist()]
    assert content.rows_read == len(rows) + len(content.rejects)
    return rows


def read(drop: Drop, form: FileFormat = XLSX, table: Table = TABLE) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    content = read_xlsx(drop, table, form)
    return rows_of(content), [(reject.row, reject.reason, reject.column) for reject in content.rejects]


def test_numbers_are_the_text_that_the_sheet_shows(save: Callable[..., Drop]) -> None:
    def fill(page: Worksheet) -> None:
        page.append([7, "007", 1.5])
        page.append([2**53, 12.0, 19.990000000000002])
        page.append([1e20, 1e-7, -0.1])

    assert read(save(fill))[0] == [
        (2, "7", "007", "1.5"),
        (3, "9007199254740992", "12", "19.99"),
        (4, "1e+20", "0.0000001", "-0.1"),
    ]


def test_rows_keep_the_numbers_of_the_sheet_and_what_is_empty_around_them_does_not_count(save: Callable[..., Drop]) -> None:
    def fill(page: Worksheet) -> None:
        page["C3"], page["D3"], page["E3"] = "id", "name", "price"
        page["C5"], page["D5"] = "1", "a"
        page["C9"], page["E9"] = "2", 3
        page["H20"].number_format = "0.00"

    assert read(save(fill, header=False))[0] == [(5, "1", "a", None), (9, "2", None, "3")]


def test_lines_above_the_header_are_skipped_and_columns_may_stand_as_declared(save: Callable[..., Drop]) -> None:
    def titled(page: Worksheet) -> None:
        page.append(["Export of May"])
        page.append(["id", "name", "price"])
        page.append(["1", "a", 2])
        page.merge_cells("A1:C1")

    assert read(save(titled, header=False), replace(XLSX, skip=1))[0] == [(3, "1", "a", "2")]
    assert read(save(lambda page: page.append(["1", "a", 2]), header=False), replace(XLSX, header=False))[0] == [(1, "1", "a", "2")]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_and_times_are_those_of_the_sheet_in_either_calendar(tmp_path: Path, epoch: datetime | None) -> None:
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(["id", "day", "at", "told"])
    page.append([date(2024, 2, 29), date(2024, 2, 29), datetime(2024, 2, 29, 23, 59, 59), datetime(2024, 2, 29, 1)])
    page.append([time(1, 2, 3), datetime(2024, 3, 1), date(2024, 3, 1), "29.02.2024 01:00"])
    book.save(tmp_path / "a.xlsx")
    columns = (
        Column("id", "varchar"),
        Column("day", "date"),
        Column("at", "timestamp"),
        Column("told", "timestamp", format="%d.%m.%Y %H:%M"),
    )
    content = read_xlsx(Drop(tmp_path / "a.xlsx", "a.xlsx"), Table("t", "", columns), XLSX)
    rows = [(row["id"], row["day"], row["at"], row["told"]) for batch in content.batches for row in batch.to_pylist()]
    assert rows == [
        ("2024-02-29", "2024-02-29", "2024-02-29 23:59:59", "29.02.2024 01:00"),
        ("01:02:03", "2024-03-01", "2024-03-01", "29.02.2024 01:00"),
    ]


def test_values_are_written_in_the_notation_that_the_column_declares(save: Callable[..., Drop]) -> None:
    columns = (
        Column("id", "bigint", decimal=","),
        Column("name", "boolean", format="ja/nein"),
        Column("price", "decimal(18,4)", decimal=","),
    )
    rows, _ = read(save(lambda page: page.append([5, True, 1.5])), table=Table("t", "", columns))
    assert rows == [(2, "5", "ja", "1,5")]


def test_what_is_not_certain_is_put_aside_with_its_cell(save: Callable[..., Drop]) -> None:
    def fill(page: Worksheet) -> None:
        page.append(["1", "a", 1])
        page["C3"] = "#N/A"
        page["C3"].data_type = "e"
        page["A3"] = "2"
        page.append(["3", "=A2&A3", 1])
        page.append(["4", "a", 1])
        page.append(["5", None, 1])
        page.merge_cells("B5:B6")
        page.append(["6", "a", 1, None, "note"])
        page.append(["7", "a", 1])
        page.append([None, None, "=1+1"])

    drop = save(fill)
    rows, rejects = read(drop)
    assert [row[1] for row in rows] == ["1", "7"]
    assert rejects == [
        (3, "error_cell", "price"),
        (4, "formula_without_value", "name"),
        (5, "merged_cells", None),
        (6, "merged_cells", None),
        (7, "ragged", None),
        (9, "formula_without_value", "price"),
    ]
    content = read_xlsx(drop, TABLE, XLSX)
    rows_of(content)
    assert "cell C3 is the error #N/A" in content.rejects[0].detail
    assert json.loads(content.rejects[0].raw) == {"id": "2", "name": None, "price": None}


def test_a_formula_is_the_value_that_it_had_when_the_sheet_was_saved(save: Callable[..., Drop]) -> None:
    drop = save(lambda page: page.append(["1", "a", "=1+1"]))
    source = zipfile.ZipFile(io.BytesIO(drop.path.read_bytes()))
    with zipfile.ZipFile(drop.path, "w") as target:
        for part in source.infolist():
            target.writestr(
                part.filename,
                source.read(part).replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>"),
            )
    assert read(drop)[0] == [(2, "1", "a", "2")]


def test_the_sheet_is_the_declared_one_or_the_only_one_that_holds_something(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title in ("Empty", "Orders", "Notes"):
        book.create_sheet(title).append(["id", "name", "price"]) if title != "Empty" else book.create_sheet(title)
    book["Orders"].append(["1", "a", 1])
    book.save(tmp_path / "a.xlsx")
    drop = Drop(tmp_path / "a.xlsx", "a.xlsx")
    with pytest.raises(FileRejected, match="has 2 sheets that hold something: 'Orders', 'Notes'"):
        read(drop)
    for wanted in ("Orders", 3):
        assert read(drop, replace(XLSX, sheet=wanted))[0] == [(2, "1", "a", "1")]
    with pytest.raises(FileRejected, match="has no sheet 'orders': it has 'Sheet', 'Empty', 'Orders', 'Notes'"):
        read(drop, replace(XLSX, sheet="orders"))
    del book["Notes"]
    book.save(tmp_path / "a.xlsx")
    assert len(read(drop)[0]) == 1


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda data: b"", "is empty"),
    "half": (lambda data: data[: len(data) // 2], "is no whole .xlsx file"),
    "cut": (lambda data: data[:-30], "is no whole .xlsx file"),
    "a password": (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data, "is an old .xls file, or one with a password"),
    "text": (lambda data: b"id,name,price\n", "is no .xlsx file"),
    "a zip of something else": (lambda data: b"PK\5\6" + bytes(18), "is no whole .xlsx file"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_whole_workbook_is_refused(save: Callable[..., Drop], what: str) -> None:
    drop = save(lambda page: page.append(["1", "a", 1]))
    drop.path.write_bytes(BROKEN[what][0](drop.path.read_bytes()))
    with pytest.raises(FileRejected, match=f"a.xlsx {BROKEN[what][1]}") as refused:
        read(drop)
    assert refused.value.hint


def test_a_changed_byte_is_seen(save: Callable[..., Drop]) -> None:
    drop = save(lambda page: [page.append([str(number), "a", 1]) for number in range(200)])
    data = bytearray(drop.path.read_bytes())
    at = data.index(b"xl/worksheets/sheet1.xml") + 200
    data[at] ^= 0xFF
    drop.path.write_bytes(bytes(data))
    with pytest.raises(FileRejected, match="is damaged in xl/worksheets/sheet1.xml|is no whole .xlsx"):
        read(drop)


def test_a_header_must_be_the_declared_one(save: Callable[..., Drop]) -> None:
    with pytest.raises(FileRejected, match="has no column 'price' .was it renamed to 'prices'"):
        read(save(lambda page: page.append(["id", "name", "prices"]), header=False))
    with pytest.raises(FileRejected, match="has errors or merged cells in its header"):
        read(save(lambda page: page.merge_cells("B1:C1")))
    with pytest.raises(FileRejected, match="holds no cells"):
        read(save(lambda page: None, header=False))


def test_a_sheet_that_would_not_fit_in_memory_is_refused_before_it_is_read(
    save: Callable[..., Drop], monkeypatch: pytest.MonkeyPatch
) -> None:
    def far(page: Worksheet) -> None:
        page["XFD1048576"] = "x"

    with pytest.raises(FileRejected, match="has more than 5,000,000 cells in sheet 'Sheet'"):
        read(save(far))
    monkeypatch.setattr(sheet, "MAX_BYTES", 1000)
    with pytest.raises(FileRejected, match="unpacks to more than"):
        read(save(lambda page: None))


CELLS = (
    st.none()
    | st.integers(-(2**53), 2**53)
    | st.booleans()
    | st.text("ab 1é\"'=,<&\n", max_size=5).filter(lambda text: not text.startswith("="))
)
AMOUNTS = st.none() | st.decimals(-(10**9), 10**9, places=4)


@given(st.lists(st.tuples(CELLS, CELLS, AMOUNTS), max_size=8))
def test_what_a_writer_of_sheets_wrote_is_read_back(rows: list[tuple[Any, Any, Decimal | None]]) -> None:
    def text(cell: Any) -> str | None:
        return None if cell is None or cell == "" else str(cell).lower() if isinstance(cell, bool) else str(cell)

    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(["id", "name", "price"])
    for row in rows:
        page.append([*row[:2], float(row[2]) if row[2] is not None else None])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        book.save(path)
        found, rejects = read(Drop(path, "a.xlsx"))
    expected = [
        (number, text(one), text(two), amount)
        for number, (one, two, amount) in enumerate(rows, 2)
        if (text(one), text(two), amount) != (None,) * 3
    ]
    assert [(number, one, two, None if amount is None else Decimal(amount)) for number, one, two, amount in found] == expected
    assert rejects == []
