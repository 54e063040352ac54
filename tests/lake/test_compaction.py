"""Compaction changes files and no row; whoever reads, lands or builds afterwards sees what he would have seen without it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.errors import LakeError
from fondaco.lake import Compaction, Lake, compact, list_quarantine
from fondaco.lake.live import REPLACED_AGE
from tests.lake.conftest import NOW, Yard
from tests.lake.test_crash import Died
from tests.lake.test_database import HALF, Shop

AT = "2024-05-01 10:00:00"
LATER = NOW + timedelta(days=8)


def compact_all(lake: Lake) -> list[Compaction]:
    return compact(lake, older_than=timedelta(), now=LATER)


def fill(yard: Yard, days: int = 4) -> None:
    for number in range(days):
        yard.drop(f"{number}.csv", f"{number},n,1,{AT}", f"{number + 10},m,2,", "x,bad,1,")
        yard.land()


def rows(yard: Yard) -> list[tuple[Any, ...]]:
    lake = yard.lake()
    files = [lake.url(file.path) for commit in lake.live().commits for file in commit.files]
    return lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False).order("_batch_id, _position").fetchall()


def test_many_files_become_one_and_no_row_changes(yard: Yard) -> None:
    fill(yard)
    before, history, aside, state = rows(yard), yard.commits(), list_quarantine(yard.lake()), yard.lake().state()
    (done,) = compact(yard.lake(), now=LATER)
    assert (done.table, done.files, done.rows, done.commit) == ("things", 4, 8, 5)
    assert rows(yard) == before
    assert list_quarantine(yard.lake()) == aside
    assert yard.commits()[:4] == history, "what happened stays readable"
    after = yard.lake().state()
    assert after.tables == state.tables, "neither the position nor the freshness of a table is touched"
    assert after == yard.lake().rebuild_state()
    assert compact(yard.lake(), now=LATER) == [], "once is enough"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(yard: Yard) -> None:
    fill(yard)
    found = [path for path in yard.place.rglob("*") if path.is_file()]
    (would,) = compact(yard.lake(), now=LATER, dry_run=True)
    assert (would.files, would.rows, would.commit) == (4, 8, None)
    assert [path for path in yard.place.rglob("*") if path.is_file()] == found


def test_young_files_other_tables_and_other_shapes_are_left_alone(yard: Yard) -> None:
    fill(yard, days=2)
    assert compact(yard.lake(), now=NOW + timedelta(days=6)) == []
    assert compact(yard.lake(), tables=("others",), now=LATER) == []
    for number in range(2):
        yard.drop(f"new{number}.csv", f"{number},n,1,{AT},red", header="id,name,price,changed_at,colour\n")
        yard.land()
    before = yard.bronze()
    assert [found.files for found in compact(yard.lake(), tables=("yard.things",), now=LATER)] == [2, 2]
    assert sorted(map(repr, yard.bronze())) == sorted(map(repr, before))


def test_a_file_that_was_compacted_is_not_written_again_for_a_few_rows(yard: Yard) -> None:
    fill(yard, days=8)
    compact(yard.lake(), now=LATER)
    yard.drop("late.csv", "99,n,1,")
    yard.land()
    assert compact_all(yard.lake()) == []
    yard.drop("more.csv", *(f"{number},n,1," for number in range(2_000)))
    yard.land()
    (done,) = compact_all(yard.lake())
    assert done.files == 3, "with as much as it weighs itself it is"


def test_files_become_no_larger_than_they_should(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(yard, days=6)
    one = max(file.bytes for commit in yard.commits() for file in commit.files)
    monkeypatch.setattr("fondaco.lake.compaction.TARGET_BYTES", 3 * one)
    before = rows(yard)
    assert [found.files for found in compact(yard.lake(), now=LATER)] == [3, 3]
    assert rows(yard) == before


def test_the_old_files_stay_until_nobody_reads_them_any_more(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    fill(yard)
    old = [yard.place / file.path for commit in yard.commits() for file in commit.files]
    for path in old:
        os.utime(path, (1, 1))
    compact(yard.lake(), now=datetime.now(UTC))
    assert all(path.is_file() for path in old), "a build that has begun still reads them"
    assert yard.lake().sweep_orphans() == []
    before = rows(yard)
    monkeypatch.setattr("fondaco.lake.live.REPLACED_AGE", -REPLACED_AGE)
    assert len(yard.lake().sweep_orphans()) == len(old)
    assert rows(yard) == before
    assert yard.lake().audit.entries()[0].action == "orphans swept"


def test_rows_that_did_not_come_out_the_same_stop_it(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(yard)
    before, contents = rows(yard), itertools.count()
    monkeypatch.setattr("fondaco.lake.compaction._contents", lambda *_: (next(contents),))
    with pytest.raises(LakeError, match="did not come out the same"):
        compact(yard.lake(), now=LATER)
    assert len(yard.commits()) == 4
    assert rows(yard) == before
    assert len(list(yard.place.rglob("bronze/yard/**/*.parquet"))) == 4


def test_an_end_at_any_step_leaves_the_rows_and_is_made_good_by_the_next(yards: Callable[[], Yard]) -> None:
    for point in itertools.count(1):
        yard, steps = yards(), itertools.count(1)
        fill(yard, days=2)
        before = rows(yard)

        def on_step(step: str, steps: itertools.count[int] = steps, point: int = point) -> None:
            if next(steps) == point:
                raise Died(step)

        try:
            compact(yard.lake(on_step), now=LATER)
        except Died:
            assert rows(yard) == before, f"step {point}"
            compact(yard.lake(), now=LATER)
            assert rows(yard) == before
            assert len(yard.lake().live().commits[-1].files) == 1
            assert yard.lake().state() == yard.lake().rebuild_state()
        else:
            assert point > 4
            return


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["order", "item", "delete", "land", "sweep", "compact"]), st.integers(1, 4), st.sampled_from("ab")),
    min_size=3,
    max_size=12,
)


@settings(max_examples=HALF // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_a_shop_lands_the_same_whether_its_lake_is_compacted_or_not(
    actions: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain, compacted = Shop(tmp_path_factory.mktemp("plain")), Shop(tmp_path_factory.mktemp("compacted"))
    for action, number, value in [*actions, ("compact", 0, ""), ("order", 1, "z"), ("sweep", 0, "")]:
        for shop in (plain, compacted):
            match action:
                case "order":
                    shop.order(number, value)
                case "item":
                    shop.item(number * 10, number, value)
                    shop.order(number, value)
                case "delete":
                    shop.do(f"delete from orders where id = {number}")
                case "land":
                    shop.land()
                case "sweep":
                    shop.order(99)
                    shop.land(after=timedelta(days=1), max_delete_share=1.0)
                case "compact" if shop is compacted:
                    compact_all(shop.lake())
    for table, names in (("orders", "id, status, updated_at, _op, _position"), ("items", "id, sku, _op, _position")):
        assert compacted.bronze(table, names) == plain.bronze(table, names)


def test_the_lock_is_held(yard: Yard, tmp_path: Path) -> None:
    from fondaco.errors import LockedError

    fill(yard, days=2)
    with yard.lake().writer(), pytest.raises(LockedError):
        compact(yard.lake(), now=LATER)
