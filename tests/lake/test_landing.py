"""Landing: every row is accounted for, twice is once, and it does not matter which files land together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import Column, FileFormat, Table
from fondaco.lake import batch
from fondaco.lake.state import State
from fondaco.sources import files, gathering
from tests.lake.conftest import COLUMNS, HEADER, THINGS, Yard

#: Each example is several landings.
HALF = (settings.default or settings()).max_examples // 2
AT = "2024-05-01 10:00:00"


def test_rows_land_typed_with_where_they_came_from(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1.50,{AT}", '2,"",,')
    (table,) = yard.land().tables
    assert (table.rows_read, table.rows_landed, table.files, len(table.commits)) == (2, 2, 1, 1)
    rows = yard.bronze("id", "name", "price", "changed_at", "_op", "_source", "_file", "_row", "_position")
    assert rows == [
        (1, "one", Decimal("1.5000"), datetime(2024, 5, 1, 10), "upsert", "yard", "a.csv", 1, 1),
        (2, "", None, None, "upsert", "yard", "a.csv", 2, 2),
    ]


def test_the_lake_is_laid_out_as_documented(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}", "x,two,2,")
    yard.land()
    (commit,) = yard.commits()
    found = sorted(path.relative_to(yard.place).as_posix() for path in yard.place.rglob("*") if path.is_file())
    assert found == [
        "bronze/_commits/00000000000000000001.json",
        f"bronze/_quarantine/yard/things/ingestion_date=2024-06-01/{commit.batch_id}.parquet",
        "bronze/_writer.lock",
        "bronze/ingestion_state.json",
        f"bronze/yard/things/ingestion_date=2024-06-01/{commit.batch_id}-0000.parquet",
    ]
    state = json.loads((yard.place / "bronze/ingestion_state.json").read_text())["tables"]["yard.things"]
    assert (state["last_ingested_at"], state["rows"], state["commit"], state["batch_id"]) == (f"{AT}.000000", 1, 1, commit.batch_id)
    assert state["position"]["files"]["a.csv"]["rows"] == 2


def test_a_run_with_nothing_new_commits_nothing(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.land()
    before = {path: path.read_bytes() for path in yard.place.rglob("*") if path.is_file()}
    (table,) = yard.land().tables
    assert (table.rows_read, table.commits) == (0, [])
    assert {path: path.read_bytes() for path in yard.place.rglob("*") if path.is_file()} == before


def test_bad_rows_are_put_aside_with_reason_and_the_good_ones_land(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}", "07,two,2,", ",three,3,", "4,four,-1,", "5,five,x,never", "6,six")
    (table,) = yard.land().tables
    assert (table.rows_landed, table.rows_quarantined) == (1, 5)
    assert table.bad == {"below_minimum": 1, "missing_key": 1, "not_a_decimal": 1, "not_an_integer": 1, "ragged": 1}


def test_a_file_of_bad_rows_alone_is_not_read_again(yard: Yard) -> None:
    yard.drop("a.csv", "x,one,1,")
    assert [len(commit.files) for commit in yard.land().commits] == [0]
    assert yard.land().commits == []


def test_a_refused_file_is_an_error_and_the_others_land(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.drop("b.csv", "1,one", header="id,name\n")
    report = yard.land()
    assert [error.message.split(";")[0] for error in report.errors] == ["b.csv has no column 'price', nor 'changed_at'"]
    assert report.total("rows_landed") == 1
    again = yard.land()
    assert len(again.errors) == 1
    assert again.commits == []


def test_an_error_of_one_table_leaves_the_others_alone(yard: Yard) -> None:
    others = replace(THINGS, name="others", files="others/*.csv", format=None)
    yard.drop("a.csv", f"1,one,1,{AT}")
    report = yard.land(others=[others])
    assert [(table.table, table.rows_landed, len(table.errors)) for table in report.tables] == [("things", 1, 0), ("others", 0, 1)]


def test_a_future_row_lands_and_the_watermark_stays(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}", "2,two,2,2999-01-01 00:00:00", "3,three,3,2024-06-02 11:00:00")
    (table,) = yard.land().tables
    assert table.rows_landed == 3
    assert "1 rows are dated more than a day in the future, up to 2999-01-01 00:00:00.000000 (a.csv, row 2)" in table.notes[0]
    assert yard.lake().state().tables[("yard", "things")].last_ingested_at == "2024-06-02 11:00:00.000000"
    assert yard.commits()[0].cursor_max == "2999-01-01 00:00:00.000000"


def test_a_watermark_never_goes_back(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.land()
    yard.drop("b.csv", "2,two,2,2020-01-01 00:00:00")
    yard.land()
    assert yard.lake().state().tables[("yard", "things")].last_ingested_at == f"{AT}.000000"


def test_a_new_column_lands_as_text_is_ignored_or_stops_the_table(yards: Callable[[], Yard]) -> None:
    outcomes = dict[str, Any]()
    for rule in ("add", "ignore", "stop"):
        yard = yards()
        yard.drop("a.csv", f"1,one,1,{AT},blue", header=HEADER.replace("\n", ",colour\n"))
        report = yard.land(on_new_column=rule)
        outcomes[rule] = (report.total("rows_landed"), [c.columns[-1] for c in report.commits], [n for t in report.tables for n in t.notes])
        assert [type(error).__name__ for error in report.errors] == (["BatchStopped"] if rule == "stop" else [])
    assert outcomes["add"] == (
        1,
        [("colour", "VARCHAR")],
        ["things: column not declared: colour; landed, declare it in systems/ to type it"],
    )
    assert outcomes["ignore"] == (
        1,
        [("changed_at", "timestamp")],
        ["things: column not declared: colour; ignored (quality.on_new_column)"],
    )
    assert outcomes["stop"] == (0, [], [])


@pytest.mark.parametrize("rule", ["add", "ignore", "stop"])
def test_a_column_that_is_to_be_left_out_never_lands_and_is_no_news(tmp_path: Path, rule: str) -> None:
    yard = Yard(tmp_path, replace(THINGS, other_columns="leave_out"))
    yard.drop("a.csv", f"1,one,1,{AT},swordfish", f"x,two,2,{AT},swordfish", header=HEADER.replace("\n", ",password\n"))
    (table,) = yard.land(on_new_column=rule, max_bad_share=1.0).tables
    assert (table.rows_landed, table.rows_quarantined, table.notes, table.errors) == (1, 1, [], [])
    (commit,) = yard.commits()
    assert [name for name, _ in commit.columns] == ["id", "name", "price", "changed_at"]
    assert commit.quarantine is not None
    rows = yard.lake().connection.read_parquet(yard.lake().url(commit.quarantine.path)).fetchall()
    assert "swordfish" not in str(rows)


def test_every_part_of_a_batch_has_the_same_columns(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PART_ROWS", 1)
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.drop("b.csv", f"2,two,1,{AT},blue", header=HEADER.replace("\n", ",colour\n"))
    (commit,) = yard.land().commits
    schemas = {tuple(pq.read_schema(yard.place / file.path).names) for file in commit.files}
    assert len(commit.files) == 2
    assert len(schemas) == 1
    assert yard.bronze("id", "colour", "_position") == [(1, None, 1), (2, "blue", 2)]


def test_a_changed_type_is_widened_or_put_aside_or_stops(tmp_path: Path) -> None:
    table = Table(
        "numbers", "", (Column("id", "bigint", nullable=False), Column("amount", "decimal(18,2)")), ("id",), None, None, "none", "*.parquet"
    )
    yard = Yard(tmp_path, replace(table, format=FileFormat("parquet")))
    pq.write_table(pa.table({"id": pa.array([1], pa.int32()), "amount": [1.25]}), yard.drops / "a.parquet")
    pq.write_table(pa.table({"id": pa.array([2.0, 2.5]), "amount": [1.0, 1.0]}), yard.drops / "b.parquet")
    report = yard.land(on_type_change="stop")
    assert "column 'id' is double at the source" in report.errors[0].message
    assert [commit.rows_landed for commit in report.commits] == [1], "what came before the change has landed"
    assert yard.land().tables[0].bad == {"not_an_integer": 1}
    assert yard.bronze("id", "amount") == [(1, Decimal("1.25")), (2, Decimal("1.00"))]


LINES = st.lists(
    st.sampled_from(
        [f"1,one,1,{AT}", f"1,uno,1.0,{AT}", "2,,,", '2,"",,', "x,bad,1,", "3,three", "3,three,3,2024-05-02 10:00:00", "4,b,-1,"]
    ),
    max_size=4,
)


@settings(max_examples=HALF, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(LINES, min_size=1, max_size=5), cuts=st.sets(st.integers(1, 4)), small=st.booleans())
def test_any_partition_of_the_files_into_runs_lands_the_same_rows(
    yards: Callable[[], Yard], contents: list[list[str]], cuts: set[int], small: bool
) -> None:
    together, apart = yards(), yards()
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(gathering, "PULL_FILES", 2)
            patch.setattr(batch, "PART_ROWS", 2)
        for number, lines in enumerate(contents):
            for yard in (together, apart):
                yard.drop(f"{number}.csv", *lines, f"{number + 100},last of its file,1,{AT}")
            if number in cuts:
                apart.land()
        apart.land()
        report = together.land()
    assert together.bronze() == apart.bronze()
    assert report.total("rows_read") == sum(len(lines) + 1 for lines in contents)
    states = [yard.lake().state().tables[("yard", "things")] for yard in (together, apart)]
    assert len({(state.last_ingested_at, state.rows, state.rows_quarantined, tuple(state.position.files)) for state in states}) == 1


@settings(max_examples=HALF, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(LINES, min_size=1, max_size=4))
def test_landing_twice_is_landing_once_and_the_state_follows_from_the_log(yards: Callable[[], Yard], contents: list[list[str]]) -> None:
    yard = yards()
    for number, lines in enumerate(contents):
        yard.drop(f"{number}.csv", *lines)
        yard.land()
        before = yard.bronze()
        assert yard.land().commits == []
        assert yard.bronze() == before
    lake = yard.lake()
    assert lake.state() == State().after(lake.commits()) == lake.rebuild_state()


def test_too_many_rows_read_or_landed_stop_the_batch(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    take = files.FileDrops.pulls

    def claims_more(self: files.FileDrops, *args: Any) -> Any:
        for pull in take(self, *args):
            pull.rows_read += 1
            yield pull

    monkeypatch.setattr(files.FileDrops, "pulls", claims_more)
    (error,) = yard.land().errors
    assert "2 rows were read, but 1 landed, 0 are bad and 0 were known; nothing was committed" in error.message
    assert yard.commits() == []
    assert not list(yard.place.rglob("*.parquet"))


def test_a_large_file_that_turns_out_bad_is_refused_and_those_after_it_land(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.table = replace(THINGS, files="*.jsonl", format=FileFormat("jsonl"))
    monkeypatch.setattr(gathering, "PULL_BYTES", 100)
    rows = "".join(f'{{"id": {number}}}\n' for number in range(1, 50))
    (yard.drops / "a.jsonl").write_text(rows + '{"id": 50, "_row": 1}\n')
    (yard.drops / "b.jsonl").write_text('{"id": 99}\n')
    report = yard.land()
    assert ["a.jsonl has a key '_row' that cannot be a column" in error.message for error in report.errors] == [True]
    assert yard.bronze("id") == [(99,)]
    again = yard.land()
    assert (len(again.errors), again.commits) == (1, [])


def test_two_hundred_files_are_one_commit(yard: Yard) -> None:
    for number in range(200):
        yard.drop(f"{number:03d}.csv", f"{number},n,1,{AT}")
    (commit,) = yard.land().commits
    assert (commit.rows_landed, len(commit.files)) == (200, 1)


def test_the_columns_of_the_tests_are_those_of_the_header() -> None:
    assert ",".join(column.name for column in COLUMNS) + "\n" == HEADER


def test_the_200_days_of_a_real_shop_add_up(shared_data: Path, repo: Path, tmp_path: Path) -> None:
    from fondaco.contracts import load_system

    table = load_system(repo / "systems", "online_retail").tables["invoice_lines"]
    yard = Yard(tmp_path, table)
    yard.drops = shared_data / "online_retail" / "daily"
    report = yard.land()
    assert (report.total("rows_landed"), report.total("rows_quarantined"), len(report.commits)) == (294_875, 0, 1)
    lake = yard.lake()
    bronze = lake.connection.read_parquet([lake.url(file.path) for file in report.commits[0].files], hive_partitioning=False)
    total = bronze.aggregate('sum("Quantity" * "UnitPrice"), count(distinct "InvoiceNo"), count(*) - count("CustomerID")').fetchall()
    assert total == [(Decimal("5252414.2220"), 15_173, 82_738)]


@pytest.mark.parametrize("days", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_a_real_shop_day_by_day_is_the_same_as_all_at_once(shared_data: Path, repo: Path, yards: Callable[[], Yard], days: int) -> None:
    from fondaco.contracts import load_system

    table = load_system(repo / "systems", "online_retail").tables["invoice_lines"]
    apart, together = yards(), yards()
    apart.table = together.table = table
    for path in sorted((shared_data / "online_retail" / "daily").iterdir())[:days]:
        for yard in (apart, together):
            (yard.drops / path.name).write_bytes(path.read_bytes())
        assert apart.land().total("files") == 1
    together.land()
    assert (len(apart.commits()), len(together.commits())) == (days, 1)
    assert apart.bronze() == together.bronze()
