"""A JSON array is read object by object, to its end or not at all."""

from __future__ import annotations

import json
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
from fondaco.sources import jsonarray, jsonlines
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.jsonarray import read_json
from fondaco.sources.jsonlines import read_jsonlines

DropMaker = Callable[..., Drop]
JSON = FileFormat("json")


def rows_of(content: Content) -> list[dict[str, Any]]:
    rows = [row for batch in content.batches for row in batch.to_pylist()]
    assert content.rows_read == len(rows) + len(content.rejects)
    return rows


def test_an_array_gives_its_objects_with_every_digit(drop: DropMaker, table: Table) -> None:
    text = '\ufeff [ {"id": 9007199254740993, "price": 1.10},\n{"id": "2", "name": {"a": [1.50]}} ]\n'
    rows = rows_of(read_json(drop(text, "a.json"), table, JSON))
    assert [(row["id"], row["name"], row["price"], row["_row"]) for row in rows] == [
        ("9007199254740993", None, "1.10", 1),
        ("2", '{"a":[1.50]}', None, 2),
    ]
    assert rows_of(read_json(drop("[]", "a.json"), table, JSON)) == []


def test_a_json_file_of_lines_is_read_as_lines(drop: DropMaker, table: Table) -> None:
    assert [row["id"] for row in rows_of(read_json(drop('{"id": 1}\n{"id": 2}\n', "a.json"), table, JSON))] == ["1", "2"]


def test_an_item_that_is_no_row_is_put_aside_and_its_neighbours_land(drop: DropMaker, table: Table) -> None:
    content = read_json(drop('[{"id": 1}, 7, {"id": 1, "id": 2}, {"id": "a\\u0000"}, {"id": NaN}, {"id": 3}]', "a.json"), table, JSON)
    assert [(row["id"], row["_row"]) for row in rows_of(content)] == [("1", 1), ("3", 6)]
    assert [(reject.row, reject.reason, reject.raw) for reject in content.rejects] == [
        (2, "not_an_object", "7"),
        (3, "duplicate_key", '{"id": 1, "id": 2}'),
        (4, "zero_byte", '{"id": "a\\u0000"}'),
        (5, "bad_json", '{"id": NaN}'),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"id": 1}', "is cut off"),
        ('[{"id": 1},', "is cut off"),
        ('[{"id": 1}, {"id"', "is not JSON: its array breaks at"),
        ('[{"id": 1} {"id": 2}]', "is not JSON: '{\"id\": 2}]' follows"),
        ('[{"id": 1},]', "is not JSON: its array breaks at ']'"),
        ('[{"id": 1}] {"id": 2}', "goes on after its array"),
        ("[" * 100_000, "is not JSON"),
        ("", "is empty"),
    ],
)
def test_an_array_that_breaks_is_refused_whole(drop: DropMaker, table: Table, text: str, reason: str) -> None:
    with pytest.raises(FileRejected) as refused:
        rows_of(read_json(drop(text, "a.json"), table, JSON))
    assert f"a.json {reason}" in refused.value.message


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text('ab\\"é[]{},:\U0001f600', max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(
    rows=st.lists(st.fixed_dictionaries({"id": VALUE, "name": VALUE}), max_size=5),
    size=st.integers(1, 40),
    indent=st.none() | st.integers(0, 2),
)
def test_what_a_writer_of_json_wrote_is_read_back_in_pieces_of_any_size(rows: list[dict[str, Any]], size: int, indent: int | None) -> None:
    table = Table("t", "", (Column("id", "varchar"), Column("name", "varchar")))

    def expected(value: Any) -> str | None:
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    for text, read in (
        (json.dumps(rows, indent=indent), read_json),
        ("".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows), read_jsonlines),
    ):
        if not text:
            continue
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            path = Path(folder) / "a.json"
            path.write_text(text, newline="")
            for module in (jsonarray, jsonlines):
                patch.setattr(
                    module, "utf8_chunks", lambda *_, text=text: (text[at : at + size].encode() for at in range(0, len(text), size))
                )
            found = rows_of(read(Drop(path, "a.json"), table, JSON))
        assert [(row["id"], row["name"]) for row in found] == [(expected(row["id"]), expected(row["name"])) for row in rows]


def test_half_a_character_puts_its_row_aside(drop: DropMaker, table: Table) -> None:
    content = read_jsonlines(drop('{"id": "\\ud83d"}\n{"id": "\\ud83d\\ude00"}\n'), table, JSON)
    assert [row["id"] for row in rows_of(content)] == ["\U0001f600"]
    assert [(reject.reason, reject.detail) for reject in content.rejects] == [("half_character", "holds half a character (\\ud83d)")]


def test_a_line_of_any_length_up_to_a_limit_is_one_row(drop: DropMaker, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"id": "' + "x" * 3_000_000 + '"}\n{"id": 2}\n'
    assert [len(row["id"]) for row in rows_of(read_jsonlines(drop(text), table, JSON))] == [3_000_000, 1]
    monkeypatch.setattr(jsonlines, "MAX_LINE", 2 << 20)
    with pytest.raises(FileRejected, match="has a line of more than 2 MB"):
        rows_of(read_jsonlines(drop(text), table, JSON))


def test_numbers_and_truths_are_written_in_the_declared_notation(drop: DropMaker) -> None:
    columns = (Column("id", "boolean", format="ja/nein"), Column("name", "varchar"), Column("price", "decimal(18,4)", decimal=","))
    content = read_jsonlines(
        drop('{"id": true, "name": 1.5, "price": 1.5}\n{"price": "1,5"}\n'), Table("t", "", columns), replace(JSON, nulls=("-",))
    )
    assert [(row["id"], row["name"], row["price"]) for row in rows_of(content)] == [("ja", "1.5", "1,5"), (None, None, "1,5")]
