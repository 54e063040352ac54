"""Delimited text is read exactly, or refused in part or whole by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.contracts import Column, FileFormat, Table
from fondaco.errors import DeclarationError, FileRejected
from fondaco.sources import twice
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.delimited import read_delimited

DropMaker = Callable[..., Drop]
CSV = FileFormat("csv")


def rows_of(content: Content) -> list[dict[str, Any]]:
    return [row for batch in content.batches for row in batch.to_pylist()]


def test_an_empty_field_is_null_and_a_quoted_one_is_the_empty_text(drop: DropMaker, table: Table) -> None:
    rows = rows_of(read_delimited(drop('id,name,price\n1,,\n2,"",""\n'), table, CSV))
    assert [(row["name"], row["price"]) for row in rows] == [(None, None), ("", "")]


def test_rows_know_their_file_and_their_place_in_it(drop: DropMaker, table: Table) -> None:
    content = read_delimited(drop("id,name,price\n1,a,1\n2,b\n\n3,c,3\n"), table, CSV)
    assert [(row["_file"], row["_row"]) for row in rows_of(content)] == [("a.csv", 1), ("a.csv", 3)]
    assert [(reject.row, reject.reason, reject.raw) for reject in content.rejects] == [(2, "ragged", "2,b")]
    assert content.rows_read == 3


def test_columns_are_matched_by_name_and_new_ones_come_along(drop: DropMaker, table: Table) -> None:
    rows = rows_of(read_delimited(drop("price,new,id,name\n9,x,1,a\n"), table, CSV))
    assert {name: value for name, value in rows[0].items() if not name.startswith("_")} == {
        "price": "9",
        "new": "x",
        "id": "1",
        "name": "a",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\n\n", "has no header"),
        ("1,a,2\n", "has no header"),
        ("id;name;price\n1;a;2\n", "is delimited by ;"),
        ("id\tname\tprice\n", "is delimited by TAB"),
        ("id,name\n1,a\n", "has no column 'price'"),
        ("id,Name,price\n", "has no column 'name' .did you mean 'Name'"),
        ("id,name,prices\n", "has no column 'price' .was it renamed to 'prices'"),
        ("id,name,price,ID\n", "has the column 'id' twice"),
        ("id,name,price,\n", "has no name for column 4"),
        ("id,name,price,_row\n", "has a column '_row'"),
        ('[{"id": 1}]', "is JSON"),
        ("<<<<<<< HEAD\nid,name,price\n=======\n", "holds the marks of an unresolved merge"),
        ("PK\x03\x04…", "is a zip archive"),
        ("PAR1…", "is a Parquet file"),
        ("id,\0name,price\n", "is binary"),
        (",".join(["id,name,price", *(f"c{number}" for number in range(201))]) + "\n", "has 201 columns that are not declared"),
    ],
)
def test_a_file_that_is_not_what_was_declared_is_refused_by_name(drop: DropMaker, table: Table, text: str, reason: str) -> None:
    with pytest.raises(FileRejected, match=f"a.csv {reason}") as refused:
        rows_of(read_delimited(drop(text), table, CSV))
    assert refused.value.hint
    assert refused.value.where is not None and refused.value.where.endswith("a.csv")


def test_a_header_alone_is_a_day_without_rows(drop: DropMaker, table: Table) -> None:
    for text in ("id,name,price\n", "id,name,price", "\ufeffid,name,price\r\n"):
        content = read_delimited(drop(text), table, CSV)
        assert (rows_of(content), content.rows_read, content.rejects) == ([], 0, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "iso-8859-1", "utf-8"])
def test_a_declared_encoding_is_read_exactly(drop: DropMaker, table: Table, encoding: str) -> None:
    content = read_delimited(drop("id,name,price\n1,Zoë,2\n".encode(encoding)), table, replace(CSV, encoding=encoding))
    assert [row["name"] for row in rows_of(content)] == ["Zoë"]


def test_bytes_of_another_encoding_are_refused_with_their_line(drop: DropMaker, table: Table) -> None:
    with pytest.raises(FileRejected, match="is not utf-8: byte 0xeb on line 3"):
        read_delimited(drop("id,name,price\n1,a,2\n2,Zoë,3\n".encode("cp1252")), table, CSV)
    with pytest.raises(FileRejected, match="is UTF-16"):
        read_delimited(drop("id,name,price\n".encode("utf-16")), table, CSV)
    with pytest.raises(DeclarationError, match="is not an encoding"):
        read_delimited(drop("id,name,price\n"), table, replace(CSV, encoding="utf-99"))


def test_an_unclosed_quote_loses_nothing_before_it_and_names_the_rest(drop: DropMaker, table: Table) -> None:
    content = read_delimited(drop('id,name,price\n1,a,1\n2,"b,2\n3,c,3\n'), table, CSV)
    assert [row["id"] for row in rows_of(content)] == ["1"]
    assert [(reject.row, reject.reason, reject.raw) for reject in content.rejects] == [(2, "unclosed_quote", '2,"b,2\n3,c,3\n')]
    assert content.rows_read == 2


def test_a_broken_record_on_one_line_is_rejected_alone(drop: DropMaker, table: Table) -> None:
    content = read_delimited(drop('id,name,price\n1,"a"b,1\n2,c,2\n'), table, CSV)
    assert [(row["id"], row["_row"]) for row in rows_of(content)] == [("2", 2)]
    assert [(reject.row, reject.reason) for reject in content.rejects] == [(1, "broken_quoting")]


def test_a_repeated_header_is_no_record_but_is_told(drop: DropMaker, table: Table) -> None:
    content = read_delimited(drop("id,name,price\n1,a,1\nid,name,price\n2,id,2\n"), table, CSV)
    assert [(row["id"], row["_row"]) for row in rows_of(content)] == [("1", 1), ("2", 3)]
    assert content.rows_read == 2
    assert "repeats its header as record 2" in content.notes[0]


def test_a_zero_byte_is_rejected_with_its_row(drop: DropMaker, table: Table) -> None:
    padding = "".join(f"{number},name,1\n" for number in range(500))
    content = read_delimited(drop(f"id,name,price\n{padding}x,a\0b,1\ny,c,2\n"), table, CSV)
    assert len(rows_of(content)) == 501
    assert [(reject.row, reject.reason, reject.column) for reject in content.rejects] == [(501, "zero_byte", "name")]


def test_backslashes_are_kept_and_told(drop: DropMaker, table: Table) -> None:
    content = read_delimited(drop('id,name,price\n1,say \\"hi\\",1\n'), table, CSV)
    assert [row["name"] for row in rows_of(content)] == ['say \\"hi\\"']
    assert "backslash" in content.notes[0]


def test_a_large_file_is_read_in_pieces_with_the_same_result(drop: DropMaker, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "id,name,price\n" + "".join(
        f'{number},"a\n{number}",{number}.5\n' + ("short\n" if number % 97 == 0 else "") for number in range(3000)
    )
    whole = read_delimited(drop(text), table, CSV)
    expected = rows_of(whole)
    monkeypatch.setattr(twice, "IN_MEMORY", 1000)
    monkeypatch.setattr(twice, "BLOCK", 2000)
    pieces = read_delimited(drop(text), table, CSV)
    assert rows_of(pieces) == expected
    assert (pieces.rejects, pieces.rows_read) == (whole.rejects, whole.rows_read)


@given(
    st.lists(
        st.tuples(st.integers(1, 9).map(str), st.none() | st.text(alphabet='ab,"\n\r é\\', max_size=5), st.text(max_size=3)), max_size=6
    )
)
def test_what_a_csv_writer_wrote_is_read_back_to_the_letter(rows: list[tuple[str, str | None, str]]) -> None:
    import tempfile

    table = Table("t", "", (Column("id", "varchar"), Column("name", "varchar"), Column("price", "varchar")))
    with tempfile.TemporaryDirectory() as folder:
        out = io.StringIO(newline="")
        out.write("id,name,price\n")
        for row in rows:
            cells = (None if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row)
            out.write(",".join(cell or "" for cell in cells) + "\n")
        path = Path(folder) / "a.csv"
        path.write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
        content = read_delimited(Drop(path, "a.csv"), table, CSV)
        found = [(row["id"], row["name"], row["price"]) for row in rows_of(content)]
        zeros = [row for row in rows if any("\0" in (cell or "") for cell in row)]
        assert found == [row for row in rows if row not in zeros]
        assert len(content.rejects) == len(zeros)


@given(st.text(alphabet='a1,"\n\r\\ ', max_size=60), st.integers(3, 30))
def test_any_text_is_accounted_for_record_by_record(text: str, block: int) -> None:
    import tempfile

    table = Table("t", "", (Column("a", "varchar"), Column("b", "varchar")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(f"a,b\n{text}", newline="")
        try:
            content = read_delimited(Drop(path, "a.csv"), table, CSV)
            rows = rows_of(content)
        except FileRejected:
            return
        assert content.rows_read == len(rows) + len(content.rejects)
        numbers = [row["_row"] for row in rows] + [reject.row for reject in content.rejects]
        assert len(set(numbers)) == len(numbers)
        if '"' not in text:
            lines = [line for line in text.replace("\r", "\n").split("\n") if line]
            assert len(lines) >= content.rows_read >= len(lines) - lines.count("a,b")


def test_the_dialect_is_the_declared_one(drop: DropMaker, table: Table) -> None:
    form = FileFormat("csv", delimiter=";", quote="'")
    content = read_delimited(drop("id;name;price\n1;'a;b';1,5\n2;it's;\"2\"\n"), table, form)
    assert [(row["name"], row["price"]) for row in rows_of(content)] == [("a;b", "1,5"), ("it's", '"2"')]


def test_csv_of_the_standard_library_agrees(drop: DropMaker, table: Table) -> None:
    text = 'id,name,price\n1,"van der ""Berg""",1\n2,"Line\r\nBreak",2\n'
    rows = rows_of(read_delimited(drop(text), table, CSV))
    assert [[row["id"], row["name"], row["price"]] for row in rows] == list(csv.reader(io.StringIO(text, newline="")))[1:]
