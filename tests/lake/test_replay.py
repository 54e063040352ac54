"""Rows that were put aside: typed again by today's declarations, or given up; never lost, never twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import Column, Table
from fondaco.lake import Chosen, DefaultQuality, Origin, Replayed, count_quarantine, drop, list_quarantine, replay, show_quarantine
from tests.lake.conftest import COLUMNS, NOW, THINGS, Yard
from tests.lake.test_crash import Died
from tests.lake.test_database import HALF

AT = "2024-05-01 10:00:00"
#: The prices of these may be below zero, and their ids are texts.
MENDED = replace(THINGS, columns=(Column("id", "varchar", nullable=False), COLUMNS[1], Column("price", "decimal(18,4)"), COLUMNS[3]))
PRICED = replace(THINGS, columns=(*COLUMNS[:2], Column("price", "decimal(18,4)"), COLUMNS[3]))
LOG = replace(THINGS, key=(), cursor=None)


def again(
    yard: Yard, table: Table = PRICED, on_step: Any = None, only: str | None = None, reason: str | None = None, batch: str | None = None
) -> list[Replayed]:
    origin = Origin("yard", "shop", table)
    return replay(yard.lake(on_step), [origin], DefaultQuality(), Chosen(only, reason, batch), clock=lambda: NOW)


def counted(yard: Yard) -> dict[str, int]:
    return {str(status): rows for status, rows in count_quarantine(yard.lake()).items()}


@pytest.fixture
def landed(yard: Yard) -> Yard:
    yard.drop("a.csv", f"1,one,1,{AT}", f"2,two,-2,{AT}", f"x,three,3,{AT}", "4,four")
    yard.land()
    return yard


def test_rows_that_are_good_now_land_with_their_place_and_their_time(landed: Yard) -> None:
    (done,) = again(landed)
    assert (done.rows, done.landed, done.still_bad, done.unreadable, done.commits) == (3, 1, 1, 1, (2,))
    assert landed.bronze("id", "price", "_file", "_row", "_op") == [(1, 1, "a.csv", 1, "upsert"), (2, -2, "a.csv", 2, "upsert")]
    first, second = landed.bronze("_batch_id", "_ingested_at")
    assert first[0] != second[0] and first[1] == second[1], "a batch of its own, and the time at which the row came"
    assert counted(landed) == {"open": 2, "replayed": 1}
    state = landed.lake().state()
    assert state == landed.lake().rebuild_state()
    table = state.tables["yard", "things"]
    assert (table.rows, table.rows_quarantined, table.commit) == (2, 2, 1), "the source was read by the first commit alone"


def test_what_became_of_rows_is_listed_apart(landed: Yard) -> None:
    again(landed)
    assert [(entry.reason, entry.rows, entry.status) for entry in list_quarantine(landed.lake())] == [
        ("not_an_integer", 1, "open"),
        ("ragged", 1, "open"),
    ]
    (done,) = list_quarantine(landed.lake(), statuses=("replayed",))
    assert (done.reason, done.batch_id) == ("below_minimum", landed.commits()[0].batch_id)
    (row,) = show_quarantine(landed.lake(), statuses=("replayed",))
    assert (row.row, row.settled_in) == (2, landed.commits()[1].batch_id)


def test_replaying_twice_changes_nothing(landed: Yard) -> None:
    again(landed)
    files, rows = sorted(landed.place.rglob("*.parquet")), landed.bronze()
    (done,) = again(landed)
    assert (done.rows, done.landed, done.commits) == (2, 0, ())
    assert sorted(landed.place.rglob("*.parquet")) == files
    assert landed.bronze() == rows
    assert len(landed.commits()) == 2


def test_what_stays_bad_stays_with_todays_reason(landed: Yard) -> None:
    other = replace(PRICED, columns=(Column("id", "varchar", nullable=False, pattern="[0-9]+"), *PRICED.columns[1:]))
    again(landed, other, reason="not_an_integer")
    assert [(entry.reason, entry.example) for entry in list_quarantine(landed.lake())] == [
        ("below_minimum", "-2"),
        ("pattern_mismatch", "x"),
        ("ragged", None),
    ]


def test_rows_are_chosen_by_reason_batch_and_table(landed: Yard) -> None:
    assert again(landed, only="others") == []
    assert again(landed, reason="bad_json") == []
    landed.drop("b.csv", f"5,five,-5,{AT}")
    landed.land()
    (done,) = again(landed, batch=landed.commits()[1].batch_id)
    assert (done.rows, done.landed) == (1, 1)
    assert [row[0] for row in landed.bronze("id")] == [1, 5]
    (done,) = again(landed, only="yard.things", reason="below_minimum")
    assert (done.rows, done.landed) == (1, 1)


def test_a_row_that_was_overtaken_stays_out(yard: Yard) -> None:
    yard.drop("a.csv", f"1,old,-1,{AT}", "2,former,-2,2024-05-01 09:00:00")
    yard.land()
    yard.drop("b.csv", f"1,mended without a new time,1,{AT}", f"2,later,2,{AT}")
    yard.land()
    (done,) = again(yard)
    assert (done.landed, done.overtaken) == (1, 1), "an older version is history; one of the same time would overturn what is newer"
    assert sorted(yard.bronze("id", "name")) == [(1, "mended without a new time"), (2, "former"), (2, "later")]
    assert counted(yard) == {"replayed": 1, "overtaken": 1}


def test_a_row_that_has_landed_by_another_way_is_not_doubled(landed: Yard) -> None:
    landed.table = PRICED
    landed.drop("b.csv", f"2,two,-2,{AT}")
    landed.land()
    (done,) = again(landed)
    assert (done.landed, done.overtaken) == (0, 1)
    assert [row[0] for row in landed.bronze("id")] == [1, 2]


def test_a_column_that_is_new_in_the_raw_rows_lands_too(yard: Yard) -> None:
    yard.drop("a.csv", f"2,two,-2,{AT},red", header="id,name,price,changed_at,colour\n")
    yard.land()
    again(yard)
    assert yard.bronze("id", "colour") == [(2, "red")]


def test_rows_of_a_file_without_a_key_share_the_fate_of_its_content(yard: Yard) -> None:
    from fondaco.lake import superseded

    yard.table = LOG
    yard.drop("a.csv", f"1,one,1,{AT}", f"2,two,-2,{AT}")
    yard.land()
    yard.drop("b.csv", f"3,three,-3,{AT}")
    yard.land()
    mended = replace(PRICED, key=(), cursor=None)
    (done,) = again(yard, mended)
    assert (done.landed, done.commits) == (2, (3, 4)), "each batch by itself"
    assert superseded(mended, yard.lake().live().commits) == []
    yard.drop("a.csv", f"9,nine,9,{AT}")
    yard.table = mended
    yard.land()
    replayed, first = yard.commits()[2].batch_id, yard.commits()[0].batch_id
    assert superseded(mended, yard.lake().live().commits) == [("yard", "a.csv", first), ("yard", "a.csv", replayed)]


def test_numbers_and_instants_of_a_typed_source_come_back_exactly(yard: Yard) -> None:
    import duckdb

    columns = (
        Column("id", "bigint", nullable=False, minimum="10"),
        Column("amount", "decimal(38,9)"),
        Column("share", "double"),
        Column("at", "timestamptz"),
        Column("day", "date"),
        Column("gone", "boolean"),
        Column("tags", "varchar"),
        Column("odd \"~/'name", "varchar"),
    )
    values = (
        "1::bigint as id, 12345678901234567890.123456789::decimal(38,9) as amount, 0.1::double as share, "
        "timestamptz '2024-01-01 00:00:00.5+02' as at, date '2024-02-29' as day, true as gone, ['a', 'b'] as tags, 'x' as \"odd \"\"~/'name\""
    )
    yard.table = replace(THINGS, columns=columns, cursor=None, files="*.parquet")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.sql(f"select {values}").write_parquet(str(yard.drops / "a.parquet"))
        yard.land()
        again(yard, replace(yard.table, columns=(Column("id", "bigint", nullable=False), *columns[1:])))
        expected = connection.execute(f"select * replace (cast(to_json(tags) as varchar) as tags) from (select {values})").fetchall()
    assert yard.bronze(*(column.name.replace('"', '""') for column in columns)) == expected


def test_given_up_rows_are_marked_and_stay(landed: Yard) -> None:
    (done,) = drop(landed.lake(), Chosen(reason="ragged"), "the reseller was told", clock=lambda: NOW)
    assert (done.rows, done.erased, done.commits) == (1, 0, (2,))
    assert counted(landed) == {"open": 2, "dropped": 1}
    (entry,) = list_quarantine(landed.lake(), statuses=("dropped",))
    assert (entry.why, entry.rows) == ("the reseller was told", 1)
    state = landed.lake().state().tables["yard", "things"]
    assert (state.rows_quarantined, state.rows_dropped) == (2, 1)
    assert drop(landed.lake(), Chosen(reason="ragged"), "once more") == []
    assert again(landed, MENDED)[0].landed == 2, "the others can still be replayed"
    assert counted(landed) == {"replayed": 2, "dropped": 1}


def test_erased_rows_leave_their_count_alone(landed: Yard) -> None:
    before = {commit.quarantine.path for commit in landed.commits() if commit.quarantine}
    drop(landed.lake(), Chosen(reason="ragged"), "told", clock=lambda: NOW)
    (done,) = drop(landed.lake(), Chosen(), "a person asked for it", erase=True, clock=lambda: NOW)
    assert (done.rows, done.erased) == (2, 3)
    assert counted(landed) == {}
    assert landed.lake().state().tables["yard", "things"].rows_dropped == 3
    assert not any((landed.place / path).exists() for path in before)
    left = [path for path in landed.place.rglob("*.parquet") if "_quarantine" in str(path)]
    assert all("ragged" not in path.read_bytes().decode(errors="ignore") for path in left)


def test_an_end_at_any_step_leaves_every_row_in_one_place(yards: Callable[[], Yard]) -> None:
    for point in itertools.count(1):
        yard, steps = yards(), itertools.count(1)
        yard.drop("a.csv", f"1,one,1,{AT}", f"2,two,-2,{AT}", f"x,three,3,{AT}", "4,four")
        yard.land()

        def on_step(step: str, steps: itertools.count[int] = steps, point: int = point) -> None:
            if next(steps) == point:
                raise Died(step)

        try:
            again(yard, MENDED, on_step)
        except Died:
            assert len(yard.bronze()) + counted(yard).get("open", 0) == 4, f"step {point}"
            again(yard, MENDED)
        assert sorted(yard.bronze("id")) == [("1",), ("2",), ("x",)]
        assert counted(yard) == {"open": 1, "replayed": 2}
        assert yard.lake().state() == yard.lake().rebuild_state()
        if point > 6:
            return


ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(-2, 2), st.integers(0, 2)), max_size=5)


@settings(max_examples=HALF, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drops=st.lists(ROWS, min_size=1, max_size=3), acts=st.lists(st.sampled_from(["replay", "strict", "drop"]), min_size=1, max_size=4))
def test_every_row_that_was_read_is_in_one_place(
    drops: list[list[tuple[int, int, int]]], acts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    yard, read = Yard(tmp_path_factory.mktemp("yard")), 0
    for number, rows in enumerate(drops):
        yard.drop(f"{number}.csv", *(f"{key},{number},{price},2024-05-0{day + 1}" for key, price, day in rows))
        yard.land()
        read += len(rows)
        for act in acts:
            if act == "drop":
                drop(yard.lake(), Chosen(), "no use", clock=lambda: NOW)
            else:
                again(yard, PRICED if act == "replay" else THINGS)
            aside = counted(yard)
            settled = sum(rows for status, rows in aside.items() if status != "replayed")
            assert len(yard.bronze()) + settled == read
            assert yard.lake().state().tables["yard", "things"].rows_quarantined == aside.get("open", 0) if read else True


def test_every_commit_of_it_says_whose_rows_they_are(landed: Yard, tmp_path: Path) -> None:
    again(landed)
    commit = landed.commits()[1]
    assert (commit.kind, commit.rows_read, commit.rows_landed, commit.rows_quarantined) == ("replay", 2, 1, 1)
    assert commit.replaces == (landed.commits()[0].quarantine.path,)  # type: ignore[union-attr]
