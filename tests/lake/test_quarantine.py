"""The quarantine says what was refused, why, and what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.contracts import Column
from fondaco.lake import list_quarantine, show_quarantine
from tests.lake.conftest import THINGS, Yard

AT = "2024-05-01 10:00:00"


@pytest.fixture
def landed(yard: Yard) -> Yard:
    yard.drop("a.csv", f"1,one,1,{AT}", "x,two,-1,never", "y,three,3,", "4,four")
    yard.drop("b.csv", "z,five,5,")
    yard.land()
    return yard


def test_what_was_refused_is_listed_by_table_file_reason_and_column(landed: Yard) -> None:
    found = [
        (entry.table, entry.file, entry.reason, entry.column, entry.rows, entry.example, entry.first_row)
        for entry in list_quarantine(landed.lake())
    ]
    assert found == [
        ("things", "a.csv", "not_an_integer", "id", 2, "x", 2),
        ("things", "a.csv", "ragged", None, 1, None, 4),
        ("things", "b.csv", "not_an_integer", "id", 1, "z", 1),
    ]
    assert list_quarantine(landed.lake())[0].detail == "id is not an integer in plain notation within 64 bits"


def test_a_refused_row_is_kept_whole_with_all_its_faults(landed: Yard) -> None:
    first, _, ragged, _ = show_quarantine(landed.lake(), "yard.things")
    assert (first.file, first.row, first.column, first.value) == ("a.csv", 2, "id", "x")
    assert json.loads(first.raw) == {"id": "x", "name": "two", "price": "-1", "changed_at": "never"}
    assert first.faults is not None
    assert [(fault["column"], fault["reason"], fault["value"]) for fault in json.loads(first.faults)] == [
        ("id", "not_an_integer", "x"),
        ("price", "below_minimum", "-1"),
        ("changed_at", "not_a_timestamp", "never"),
    ]
    assert (ragged.reason, json.loads(ragged.raw), ragged.faults) == ("ragged", "4,four", None)
    assert ragged.detail == "2 fields where the header has 4"


def test_rows_are_shown_by_table_and_reason_and_no_more_than_asked_for(landed: Yard) -> None:
    assert [row.row for row in show_quarantine(landed.lake(), reason="ragged")] == [4]
    assert len(show_quarantine(landed.lake(), limit=2)) == 2
    assert show_quarantine(landed.lake(), "others") == []
    assert list_quarantine(landed.lake(), "others") == []


def test_patterns_and_missing_values_are_reasons_of_their_own(tmp_path: Path) -> None:
    columns = (Column("id", "varchar", nullable=False), Column("name", "varchar", nullable=False, pattern="[a-z]+"), *THINGS.columns[2:])
    yard = Yard(tmp_path, replace(THINGS, columns=columns))
    yard.drop("a.csv", "1,ok,1,", "2,,1,", '"",x,1,', ",x,1,", "3,OK,1,", '4,"a\nb",1,')
    yard.land()
    assert yard.bronze("id") == [("1",)]
    assert [(row.row, row.reason) for row in show_quarantine(yard.lake())] == [
        (2, "missing_value"),
        (3, "missing_key"),
        (4, "missing_key"),
        (5, "pattern_mismatch"),
        (6, "pattern_mismatch"),
    ]
