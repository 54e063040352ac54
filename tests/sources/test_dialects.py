"""Whatever dialect is declared, what a writer wrote in it is what is read; and no other dialect is taken for it."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.contracts import Column, FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources import twice
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.delimited import read_delimited

DropMaker = Callable[..., Drop]
THREE = Table("t", "", tuple(Column(name, "varchar") for name in ("a", "b", "c")))
CSV = FileFormat("csv")
CELL = st.text(alphabet="ab1,;|\"'\\\n\r\t NÄß€#", max_size=6)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=6)


def rows_of(content: Content) -> list[tuple[Any, ...]]:
    rows = [(row["a"], row["b"], row["c"]) for batch in content.batches for row in batch.to_pylist()]
    assert content.rows_read == len(rows) + len(content.rejects)
    return rows


def read(data: bytes, form: FileFormat) -> Content:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        content = read_delimited(Drop(path, "a.csv"), THREE, form)
        content.batches = iter(list(content.batches))
        return content


@given(
    rows=ROWS,
    delimiter=st.sampled_from(",;|\t"),
    quote=st.sampled_from("\"'"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "iso-8859-15"]),
    end=st.sampled_from(["\n", "\r\n"]),
    header=st.booleans(),
    preamble=st.integers(0, 2),
    footer=st.sampled_from(["", "END"]),
)
def test_rows_written_in_a_dialect_are_the_rows_that_are_read(
    rows: list[tuple[str, str, str]], delimiter: str, quote: str, encoding: str, end: str, header: bool, preamble: int, footer: str
) -> None:
    out = io.StringIO(newline="")
    out.write(f"made by 'a' \"tool{end}" * preamble)
    out.write(f"# and told so{end}")
    writer = csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=csv.QUOTE_ALL)
    if header:
        writer.writerow("abc")
    writer.writerows(rows)
    out.write(f"{footer}{delimiter} {len(rows)}{end}" if footer else "")
    form = FileFormat(
        "csv", delimiter, quote, encoding, header=header, skip=preamble, comment="#", footer=footer, nulls=() if len(rows) % 2 else None
    )
    content = read(out.getvalue().encode(encoding, "replace"), form)
    expected = [tuple(cell.encode(encoding, "replace").decode(encoding) for cell in row) for row in rows]
    assert rows_of(content) == expected
    assert content.rejects == []
    assert [note.split(":")[0] for note in content.notes if "left out before" in note] == ["a.csv"] * (preamble > 0 and not header)


@given(rows=ROWS, quote=st.sampled_from(['"', ""]), delimiter=st.sampled_from(",\t"), size=st.integers(1, 50))
def test_what_is_escaped_is_read_as_it_was_meant_in_pieces_of_any_size(
    rows: list[tuple[str, str, str]], quote: str, delimiter: str, size: int
) -> None:
    def written(cell: str) -> str:
        specials = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", delimiter: "\\" + delimiter}
        if quote:
            specials[quote] = "\\" + quote
        return quote + "".join(specials.get(character, character) for character in cell) + quote

    text = "".join(delimiter.join(map(written, row)) + "\n" for row in [("a", "b", "c"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twice, "utf8_chunks", lambda *_: (text[at : at + size].encode() for at in range(0, len(text), size)))
        content = read(b"?", replace(CSV, quote=quote, delimiter=delimiter, escape="\\", nulls=("\\N",)))
    assert rows_of(content) == rows


def test_the_null_of_mysql_and_postgresql_is_null_and_everything_else_is_text(drop: DropMaker) -> None:
    form = replace(CSV, delimiter="\t", quote="", escape="\\", header=False, nulls=("\\N",))
    content = read_delimited(drop('1\t\\N\t\n2\t\\\\N\tN\n3\ta\\tb\\nc\t"\n4\ta\\\nb\tx\\qy\n'), THREE, form)
    assert rows_of(content) == [("1", None, ""), ("2", "\\N", "N"), ("3", "a\tb\nc", '"'), ("4", "a\nb", "xqy")]


def test_declared_texts_are_null_where_they_are_not_quoted(drop: DropMaker) -> None:
    content = read_delimited(drop('a,b,c\nNULL,"NULL",\nn/a,-,""\n'), THREE, replace(CSV, nulls=("NULL", "n/a", "-")))
    assert rows_of(content) == [(None, "NULL", ""), (None, None, "")]


def test_spaces_are_taken_off_where_that_is_declared(drop: DropMaker) -> None:
    text = "a , b,c\n 1,\t x y ,   \n"
    content = read_delimited(drop(text), THREE, replace(CSV, trim=True))
    assert rows_of(content) == [("1", "x y", None)]
    with pytest.raises(FileRejected, match="has no column 'a' .did you mean 'a '"):
        read_delimited(drop(text), THREE, CSV)


def test_without_a_header_the_columns_stand_as_declared_and_rows_count_from_the_first(drop: DropMaker) -> None:
    form = replace(CSV, header=False)
    content = read_delimited(drop('1,2,3\n4,5\n6,"7"8,9\n'), THREE, form)
    assert rows_of(content) == [("1", "2", "3")]
    assert [(reject.row, reject.reason) for reject in content.rejects] == [(2, "ragged"), (3, "broken_quoting")]
    with pytest.raises(FileRejected, match="has 1 fields in its first record where 3 columns are declared") as refused:
        read_delimited(drop("1;2;3\n"), THREE, form)
    assert "looks delimited by ;" in str(refused.value.hint)
    told = read_delimited(drop("a,b,c\n1,2,3\n"), THREE, form)
    assert rows_of(told) == [("1", "2", "3")]
    assert "repeats its header" in told.notes[0]


def test_a_file_without_its_declared_last_line_is_not_whole(drop: DropMaker) -> None:
    form = replace(CSV, footer="TOTAL")
    assert rows_of(read_delimited(drop("a,b,c\n1,2,3\nTOTAL;1\n\n"), THREE, form)) == [("1", "2", "3")]
    with pytest.raises(FileRejected, match="ends with '1,2,3', not with the declared footer 'TOTAL'"):
        read_delimited(drop("a,b,c\nTOTAL\n1,2,3\n"), THREE, form)


def test_bytes_that_mean_different_things_are_not_guessed(drop: DropMaker) -> None:
    with pytest.raises(FileRejected, match="has no byte order mark, so utf-16 does not say"):
        read_delimited(drop("a,b,c\n".encode("utf-16-be")), THREE, replace(CSV, encoding="utf-16"))
    with pytest.raises(FileRejected, match=r"is not cp1252: byte 0x81 on line 2"):
        read_delimited(drop(b"a,b,c\n\x81,2,3\n"), THREE, replace(CSV, encoding="cp1252"))
    with pytest.raises(FileRejected, match="which are no characters"):
        read_delimited(drop("a,b,c\n\ufdd0,\\,,3\n"), THREE, replace(CSV, escape="\\"))


def test_a_rejected_record_is_kept_as_it_stood_in_the_file(drop: DropMaker) -> None:
    content = read_delimited(drop('a,b,c\n1\\,2,x\\\\\n1,2,3\n4,"5\\"6\n'), THREE, replace(CSV, escape="\\"))
    assert rows_of(content) == [("1", "2", "3")]
    assert [(reject.reason, reject.raw) for reject in content.rejects] == [("ragged", "1\\,2,x\\\\"), ("unclosed_quote", '4,"5\\"6\n')]


def test_an_escaped_zero_is_a_zero_byte(drop: DropMaker) -> None:
    content = read_delimited(drop("a,b,c\n1,2\\0,3\n"), THREE, replace(CSV, escape="\\"))
    assert rows_of(content) == []
    assert [reject.reason for reject in content.rejects] == ["zero_byte"]
