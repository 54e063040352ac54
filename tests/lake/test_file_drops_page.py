"""The table of docs/how-to/file-drops.md says what each kind of bad input gets; here every line of it is run."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from fondaco.contracts import FileFormat, Table
from fondaco.lake import TableReport, show_quarantine
from tests.lake.conftest import COLUMNS, HEADER, THINGS, Yard

PAGE = Path(__file__).parents[2] / "docs/how-to/file-drops.md"
#: What the table says that a file gets, by what the file is.
ROWS = dict(re.findall(r"^\| (?!a file|---)(.*?) \| (.*?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
GOOD, MORE = "1,a,1.50,2024-05-01 10:00:00", "3,c,3,2024-05-01 10:00:00"
WHOLE = f"{HEADER}{GOOD}\n{MORE}\n"


@dataclass(frozen=True)
class Drops:
    """Files by name, each of which must get what its line of the table says; and the table they are of.

    Attributes:
        good: rows that land beside what is wrong.
        before: files that have landed before, by name.
    """

    files: dict[str, bytes]
    good: int = 0
    table: Table = THINGS
    before: tuple[str, ...] = ()


def csv(*texts: str | bytes, good: int = 0, form: FileFormat | None = None, name: str = "csv") -> Drops:
    files = {f"{number}.{name}": text if isinstance(text, bytes) else text.encode() for number, text in enumerate(texts)}
    return Drops(files, good, replace(THINGS, files="*", format=form or FileFormat("csv")))


def row(text: str) -> Drops:
    """A bad row between two good ones."""
    return csv(f"{HEADER}{GOOD}\n{text}\n{MORE}\n", good=2)


def jsonl(*lines: str, good: int = 2) -> Drops:
    around = ['{"id": 1, "name": "a"}', *lines, '{"id": 3}'] if good else list(lines)
    return csv("\n".join(around), good=good, name="jsonl")


def parquet(price: Any, damage: Callable[[bytes], bytes] = lambda data: data) -> bytes:
    out = io.BytesIO()
    count = len(price)
    pq.write_table(
        pa.table({"id": range(1, count + 1), "name": ["a"] * count, "price": price, "changed_at": pa.nulls(count, pa.timestamp("us"))}), out
    )
    return damage(out.getvalue())


def sheet(fill: Callable[[Worksheet], object], name: str = "xlsx") -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(["id", "name", "price", "changed_at"])
    page.append([1, "a", 1.5])
    fill(page)
    book.save(out)
    return out.getvalue()


def error_cell(page: Worksheet) -> None:
    page.append([2, "b"])
    page["C3"] = "#N/A"
    page["C3"].data_type = "e"


def merged(page: Worksheet) -> None:
    page.append([2, "b", 1])
    page.merge_cells("B3:C3")


def second_sheet(page: Worksheet) -> None:
    assert page.parent is not None
    page.parent.create_sheet("More").append(["id"])


def xlsx(data: bytes, good: int = 0) -> Drops:
    return csv(data, good=good, name="xlsx")


def xml(*texts: str, good: int = 0) -> Drops:
    return csv(*texts, good=good, form=FileFormat("xml", row="things/thing"), name="xml")


def packed(members: dict[str, str | bytes], damage: Callable[[bytes], bytes] = lambda data: data) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return damage(out.getvalue())


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def zipped(*archives: bytes, good: int = 0) -> Drops:
    return csv(*archives, good=good, name="zip")


def encrypted(data: bytes) -> bytes:
    at = data.index(b"PK\1\2") + 8
    return data[:at] + b"\1" + data[at + 1 :]


WIDE = HEADER.strip() + "".join(f",c{number}" for number in range(201)) + "\n"
PRICES = pa.array([Decimal("1.50"), Decimal("2.50")])
BILLION = "<!DOCTYPE things [<!ENTITY a 'ha'>]><things><thing><id>&a;</id></thing></things>"
TODAY_AND_MORE = "2999-01-01 00:00:00"
CASES: dict[str, Callable[[], Drops]] = {
    "that is empty (0 bytes)": lambda: Drops({f"a.{kind}": b"" for kind in ("csv", "jsonl", "json", "parquet", "xlsx", "xml", "zip")}, 0, replace(THINGS, files="*")),
    "of text with bytes that are not of the declared encoding": lambda: csv(WHOLE.replace("a", "é").encode("cp1252")),
    "of UTF-16 where UTF-8 is declared": lambda: csv(WHOLE.encode("utf-16")),
    "of text that was encoded twice (`Ã©`)": lambda: csv(WHOLE.replace("1,a", "1,Ã©"), good=2),
    "with a byte order mark, CRLF, mixed line ends, blank lines": lambda: csv(f"\ufeff{HEADER}\r\n\r\n{GOOD}\n\n{MORE}\r\n", good=2),
    "of CSV with another delimiter than declared": lambda: csv(WHOLE.replace(",", ";"), WHOLE.replace(",", "\t").replace("a", "b")),
    "of CSV without its header": lambda: csv(f"{GOOD}\n{MORE}\n"),
    "of CSV that lost a declared column, even one that may be NULL": lambda: csv("id,price,changed_at\n1,1,2024-05-01 10:00:00\n"),
    "of CSV with its columns in another order": lambda: csv("name,id,changed_at,price\na,1,2024-05-01 10:00:00,1\n", good=1),
    "of CSV with a column that nobody declared": lambda: csv(f"new,{HEADER}x,{GOOD}\n", good=1),
    "of CSV with more than 200 columns that nobody declared": lambda: csv(WIDE),
    "of CSV with a column twice, or without a name": lambda: csv(f"id,{HEADER}", f",{HEADER}"),
    "of CSV with a record that is too short or too long": lambda: csv(f"{HEADER}1,a\n{GOOD}\n", f"{HEADER}{GOOD},x\n{MORE}\n", good=2),
    "of CSV with text behind a closing quote": lambda: row('2,"b"x,1,2024-05-01 10:00:00'),
    "of CSV with a quote that is never closed": lambda: csv(f'{HEADER}{GOOD}\n2,"b,1,\n{MORE}\n', good=1),
    "of CSV with its header again in the middle": lambda: csv(f"{WHOLE}{HEADER}", good=2),
    "of CSV with backslashes before quotes, and no escape declared": lambda: csv(WHOLE.replace("1,a", '1,\\"a\\"'), good=2),
    "of CSV cut off in the middle of a record": lambda: csv(WHOLE[:-25], good=1),
    "of CSV without its declared footer": lambda: csv(WHOLE, form=FileFormat("csv", footer="END")),
    "of CSV with the marks of an unresolved merge": lambda: csv(f"{HEADER}<<<<<<< HEAD\n{GOOD}\n=======\n{MORE}\n>>>>>>> x\n"),
    "of CSV that is JSON, HTML, Excel or anything binary": lambda: csv('[{"id": 1}]', "<html></html>", sheet(lambda page: None), b"\x89PNG\r\n\x1a\n\0\0"),
    "with a zero byte in a row": lambda: row("2,b" + "b" * 3 + "\0,1,2024-05-01 10:00:00"),
    "with a row without its key": lambda: row(",b,1,2024-05-01 10:00:00"),
    "with an integer that is none, or beyond 64 bits": lambda: csv(f"{HEADER}007,b,1,\n{GOOD}\n", f"{HEADER}9223372036854775808,b,1,\n{MORE}\n", good=2),
    "with an amount in another notation than declared": lambda: row('2,b,"1,5",2024-05-01 10:00:00'),
    "with an amount below the declared minimum": lambda: row("2,b,-1,2024-05-01 10:00:00"),
    "with a date that no calendar has": lambda: row("2,b,1,2023-02-29 10:00:00"),
    "with a row dated in the future": lambda: csv(f"{HEADER}1,a,1,{TODAY_AND_MORE}\n", good=1),
    "with more bad rows than `max_bad_share`": lambda: csv(HEADER + "".join(f"{number},a,x,\n" for number in range(200))),
    "of JSON lines with a line that is no JSON": lambda: jsonl('{"id": '),
    "of JSON lines with a line that is no object": lambda: jsonl("[1]"),
    "of JSON with a key twice in an object": lambda: jsonl('{"id": 1, "id": 2}'),
    "of JSON with half a character (`\\ud83d`)": lambda: jsonl('{"id": 2, "name": "\\ud83d"}'),
    "of JSON lines without a single object": lambda: jsonl("id,name", "1,a", good=0),
    "of one JSON array that breaks or is cut off": lambda: csv('[{"id": 1}, {"id" 2}]', '[{"id": 1},', name="json"),
    "of Parquet that is truncated, damaged or encrypted": lambda: csv(
        parquet(PRICES, lambda data: data[:-9]), parquet(PRICES, lambda data: data[:40] + data[44:]), parquet(PRICES, lambda data: b"PARE" + data[4:]), name="parquet"
    ),
    "of Parquet with a value finer than declared": lambda: csv(parquet(pa.array([Decimal("1.00000"), Decimal("1.00001")])), good=1, name="parquet"),
    "of Excel with an error in a cell (`#N/A`)": lambda: xlsx(sheet(error_cell), good=1),
    "of Excel with a formula that was never computed": lambda: xlsx(sheet(lambda page: page.append([2, "b", "=1+1"])), good=1),
    "of Excel with merged cells in a row": lambda: xlsx(sheet(merged), good=1),
    "of Excel with a value in a column without a name": lambda: xlsx(sheet(lambda page: page.append([2, "b", 1, None, "x"])), good=1),
    "of Excel with several sheets, and none declared": lambda: xlsx(sheet(second_sheet)),
    "of Excel with a password, or an old `.xls`": lambda: xlsx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "of Excel that is truncated or damaged": lambda: xlsx(sheet(lambda page: None)[:-40]),
    "of XML that is not well-formed or cut off": lambda: xml("<things><thing id='1'></things>", "<things><thing id='1'/>"),
    "of XML with a document type (entities, external references)": lambda: xml(BILLION, "<!DOCTYPE things SYSTEM 'http://localhost/x'><things/>"),
    "of XML with a column twice in a row": lambda: xml("<things><thing id='1'/><thing><id>2</id><id>3</id></thing></things>", good=1),
    "of XML with another root than declared": lambda: xml("<orders><order id='1'/></orders>"),
    "packed with gzip and truncated, damaged or followed by something else": lambda: csv(
        gzip.compress(WHOLE.encode())[:-9], gzip.compress(WHOLE.encode())[:-5] + b"xxxxx", gzip.compress(WHOLE.encode()) + b"x", name="csv.gz"
    ),
    "named `.gz` that is none, or the other way round": lambda: Drops({"a.csv.gz": WHOLE.encode(), "b.csv": gzip.compress(WHOLE.encode())}, 0, replace(THINGS, files="*")),
    "packed with tar, 7z, bzip2, xz or zstd": lambda: csv(
        b"a.csv".ljust(257, b"\0") + b"ustar\0", b"7z\xbc\xaf\x27\x1c", bz2.compress(WHOLE.encode()), b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", name="dat"
    ),
    "of zip with a path that leads out of it, a link or a name twice": lambda: zipped(packed({"../a.csv": WHOLE}), link(), packed({"a.csv": WHOLE, "A.csv": WHOLE})),
    "of zip that is encrypted, truncated, damaged or holds an archive": lambda: zipped(
        packed({"a.csv": WHOLE}, encrypted), packed({"a.csv": WHOLE}, lambda data: data[:-30]), packed({"a.csv": WHOLE}, lambda data: data[:40] + b"xx" + data[42:]), packed({"a.zip": packed({"a.csv": WHOLE})})
    ),
    "of zip that unpacks to more than it may": lambda: zipped(packed({"a.csv": bytes(70 << 20)})),
    "of zip with one member that is refused": lambda: zipped(packed({"a.csv": WHOLE, "b.csv": "id\n1\n"}), good=2),
    "that repeats the content of another, under any name": lambda: Drops({"b.csv": WHOLE.encode(), "a.csv": WHOLE.encode()}, 2),
    "that was sent again with other content": lambda: Drops({"a.csv": WHOLE.encode()}, 2, before=("a.csv",)),
    "that is still being written": lambda: csv(WHOLE),
    "that may not be read": lambda: csv(WHOLE),
    "whose name is not UTF-8": lambda: Drops({os.fsdecode(b"caf\xe9.csv"): WHOLE.encode()}),
    "whose name no table's glob has": lambda: Drops({"readme.txt": b"hello", "a.csv": WHOLE.encode()}, 2),
}  # fmt: skip


def test_every_line_of_the_table_is_run() -> None:
    assert set(ROWS) == set(CASES)
    assert len(COLUMNS) == 4


def check(yard: Yard, what: str, drops: Drops, report: TableReport, notes: list[str]) -> None:
    """Holds what a landing did against what the line says."""
    gets = ROWS[what]
    told = re.search(r"\((.*)\)", gets)
    said = " ".join([*notes, *(str(error) for error in report.errors)])
    if told and gets.startswith(("lands", "waits")):
        assert told[1] in said
    reasons = {(row.file, row.reason) for row in show_quarantine(yard.lake())}
    if (reason := re.search(r"put aside: `(\w+)`", gets)) is not None:
        assert reasons == {(name, reason[1]) for name in drops.files}
        assert report.errors == []
    else:
        assert reasons == set()
    if gets.startswith("refused"):
        named = [name for name in drops.files if any(error.message.startswith((f"{name} ", f"{name}/")) for error in report.errors)]
        assert (named, len(report.errors)) == (list(drops.files), len(drops.files)), said
        assert all(error.hint for error in report.errors)
    if gets.startswith("waits"):
        state = yard.lake().state().tables.get(("yard", "things"))
        assert state is None or not set(drops.files) & set(state.position.files)
    assert len(yard.bronze("id")) == drops.good


@pytest.mark.parametrize("what", ROWS)
def test_a_file_gets_what_the_page_says(yard: Yard, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    drops = CASES[what]()
    yard.table = drops.table
    for name in drops.before:
        (yard.drops / name).write_text(f"{HEADER}")
    if drops.before:
        yard.land()
    for name, content in drops.files.items():
        (yard.drops / name).write_bytes(content)
    if what == "that is still being written":
        monkeypatch.setattr("fondaco.sources.listing.Seen.is_still", lambda _: False)
    if what == "that may not be read":
        monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    report = yard.land()
    (table,) = report.tables
    check(yard, what, drops, table, table.notes + report.notes)
    again = yard.land().tables[0]
    assert [str(error) for error in again.errors] == [str(error) for error in table.errors]
    assert again.rows_landed == 0
