"""One writer at a time; and if there are two after all, one of them wins each number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fondaco.errors import LockedError
from fondaco.lake import layout
from tests.lake.conftest import THINGS, Yard

AT = "2024-05-01 10:00:00"


def test_a_second_writer_is_turned_away_with_code_75(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    with yard.lake().writer(), pytest.raises(LockedError, match="another run is writing") as locked:
        yard.land()
    assert locked.value.exit_code == 75
    assert yard.land().total("rows_landed") == 1


def test_a_lake_is_read_while_it_is_written(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.land()
    with yard.lake().writer():
        assert yard.lake().head() == 1
        assert len(yard.bronze()) == 1


def lost_race(yard: Yard, winner: str) -> Callable[[str], None]:
    """Lets somebody else commit while a batch is on its way."""
    commit = yard.commits()[0]

    def on_step(step: str) -> None:
        if step == "synced" and len(yard.commits()) == 1:
            assert yard.lake().log.append(
                replace(commit, number=2, batch_id="000000000002-ffffffff", table=winner, files=(), step=replace(commit.step, files={}))
            )

    return on_step


def test_a_lost_number_is_tried_again_under_the_next(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}", "x,bad,1,")
    yard.land()
    yard.drop("b.csv", f"2,two,2,{AT}", "y,bad,1,")
    (commit,) = yard.land(yard.lake(lost_race(yard, "others"))).commits
    assert commit.number == 3
    assert commit.batch_id.startswith(f"{3:012d}-")
    assert yard.bronze("id", "_batch_id") == [(1, yard.commits()[0].batch_id), (2, commit.batch_id)]
    assert commit.quarantine is not None and commit.batch_id in commit.quarantine.path
    assert yard.lake().orphans() == []
    assert len(list(yard.place.rglob("*.parquet"))) == 4
    assert yard.lake().state() == yard.lake().rebuild_state()


def test_a_batch_that_somebody_else_has_overtaken_is_given_up(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.land()
    yard.drop("b.csv", f"2,two,2,{AT}")
    with pytest.raises(LockedError, match=r"somebody else landed yard\.things"):
        yard.land(yard.lake(lost_race(yard, THINGS.name)))
    assert len(yard.bronze()) == 1
    assert yard.land().total("rows_landed") == 1
    assert yard.bronze("id") == [(1,), (2,)]


def test_the_lock_file_is_no_data(yard: Yard) -> None:
    assert not layout.is_data(layout.LOCK)
