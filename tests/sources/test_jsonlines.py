"""JSON lines keep every digit, and each bad line is rejected by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fondaco.contracts import FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources import jsonlines
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.jsonlines import read_jsonlines

DropMaker = Callable[..., Drop]
JSON = FileFormat("jsonl")


def rows_of(content: Content) -> list[dict[str, Any]]:
    return [row for batch in content.batches for row in batch.to_pylist()]


def values(drop: Drop, table: Table) -> list[tuple[Any, ...]]:
    return [(row["id"], row["name"], row["price"]) for row in rows_of(read_jsonlines(drop, table, JSON))]


def test_numbers_are_kept_as_they_were_written(drop: DropMaker, table: Table) -> None:
    text = '{"id": 9007199254740993, "price": 99999999999999.990}\n{"id": 1e2, "price": -0.10}\n'
    assert values(drop(text), table) == [("9007199254740993", None, "99999999999999.990"), ("1e2", None, "-0.10")]


def test_nested_values_become_their_json_text(drop: DropMaker, table: Table) -> None:
    text = '{"id": "1", "name": {"a": [1.50, true, null, "é\\""]}, "price": false}\n'
    assert values(drop(text), table) == [("1", '{"a":[1.50,true,null,"é\\""]}', "false")]


def test_a_missing_key_and_null_are_null_and_empty_text_is_not(drop: DropMaker, table: Table) -> None:
    assert values(drop('{"id": "1", "name": null}\n{"id": "2", "name": ""}\n'), table) == [("1", None, None), ("2", "", None)]


def test_marks_line_ends_and_blank_lines_are_taken_as_they_come(drop: DropMaker, table: Table) -> None:
    assert values(drop('\ufeff{"id": 1}\r\n\n{"id": 2}'), table) == [("1", None, None), ("2", None, None)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1', "bad_json"),
        ('{"id": NaN}', "bad_json"),
        ("[1]", "not_an_object"),
        ("7", "not_an_object"),
        ('{"id": 1, "id": 2}', "duplicate_key"),
        ('{"id": "a\\u0000"}', "zero_byte"),
        ("id,name", "bad_json"),
    ],
)
def test_a_bad_line_is_rejected_with_its_text_and_the_others_land(drop: DropMaker, table: Table, line: str, reason: str) -> None:
    content = read_jsonlines(drop(f'{{"id": 1}}\n{line}\n{{"id": 3}}\n'), table, JSON)
    assert [(row["id"], row["_row"]) for row in rows_of(content)] == [("1", 1), ("3", 3)]
    assert [(reject.row, reject.reason, reject.raw) for reject in content.rejects] == [(2, reason, line)]
    assert content.rows_read == 3


def test_keys_that_turn_up_later_become_columns(drop: DropMaker, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonlines, "_LINES_PER_BATCH", 1)
    rows = rows_of(read_jsonlines(drop('{"id": 1}\n{"id": 2, "tags": ["a"]}\n'), table, JSON))
    assert ["tags" in row for row in rows] == [False, True]
    assert rows[1]["tags"] == '["a"]'


def test_a_file_without_a_single_object_is_refused(drop: DropMaker, table: Table) -> None:
    with pytest.raises(FileRejected, match="is not JSON lines"):
        rows_of(read_jsonlines(drop("id,name\n1,a\n"), table, JSON))


def test_a_key_that_cannot_be_a_column_refuses_the_file(drop: DropMaker, table: Table) -> None:
    for key in ("ID", "_batch_id", ""):
        with pytest.raises(FileRejected, match="cannot be a column"):
            rows_of(read_jsonlines(drop(f'{{"id": 1, "{key}": 2}}\n'), table, JSON))
