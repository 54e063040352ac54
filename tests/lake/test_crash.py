"""A landing that dies at any moment, followed by a landing, ends where an undisturbed one ends."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.lake import batch
from fondaco.sources import gathering
from tests.lake.conftest import Yard

AT = "2024-05-01 10:00:00"

#: Lands a yard and kills itself after so many steps.
LAND = """
import os, signal, sys
from pathlib import Path
from fondaco.lake import batch
from fondaco.sources import gathering
from tests.lake.conftest import Yard
batch.PART_ROWS, gathering.PULL_FILES = 2, 2
left = int(sys.argv[2])
def on_step(step):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
yard = Yard(Path(sys.argv[1]))
yard.land(yard.lake(on_step))
"""


class Died(BaseException):
    """What no handler of ours may catch."""


def fill(yard: Yard) -> None:
    for number in range(3):
        yard.drop(f"{number}.csv", *(f"{number + 1}{row},n,1,{AT}" for row in range(3)), "x,bad,1,", "short")


@pytest.fixture
def undisturbed(yards: Callable[[], Yard], monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setattr(batch, "PART_ROWS", 2)
    monkeypatch.setattr(gathering, "PULL_FILES", 2)
    yard = yards()
    fill(yard)
    yard.land()
    return yard


def same(one: Yard, other: Yard) -> bool:
    """Whether two lakes hold the same rows, good and bad, and named nothing that is not there."""
    for yard in (one, other):
        lake = yard.lake()
        assert all((yard.place / path).is_file() for commit in lake.commits() for path in commit.data_paths())
        assert lake.state() == lake.rebuild_state()
    totals = [
        (state.rows, state.rows_quarantined, state.position) for yard in (one, other) for state in yard.lake().state().tables.values()
    ]
    bare = [(rows, bad, {name: (mark.sha256, mark.rows) for name, mark in position.files.items()}) for rows, bad, position in totals]
    return one.bronze() == other.bronze() and bare[0] == bare[1]


def test_an_end_at_any_step_is_made_good_by_the_next_run(yards: Callable[[], Yard], undisturbed: Yard) -> None:
    for point in itertools.count(1):
        yard, steps = yards(), itertools.count(1)
        fill(yard)

        def on_step(step: str, steps: itertools.count[int] = steps, point: int = point) -> None:
            if next(steps) == point:
                raise Died(step)

        try:
            yard.land(yard.lake(on_step))
        except Died:
            yard.land()
            assert same(yard, undisturbed), f"step {point}"
        else:
            assert point > 10, "every pull has parts, quarantine, sync, commit and state"
            return


def kill_at(yard: Yard, point: int, repo: Path) -> bool:
    """Whether the landing was killed before it ended."""
    environment = {**os.environ, "PYTHONPATH": f"{repo / 'src'}:{repo}"}
    ended = subprocess.run(
        [sys.executable, "-c", LAND, str(yard.place.parent), str(point)], env=environment, check=False, capture_output=True
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr.decode()
    return ended.returncode != 0


@pytest.mark.parametrize("point", [1, 4, 5])
def test_a_killed_process_is_made_good_by_the_next_run(yards: Callable[[], Yard], undisturbed: Yard, repo: Path, point: int) -> None:
    yard = yards()
    fill(yard)
    assert kill_at(yard, point, repo)
    yard.land()
    assert same(yard, undisturbed)


@pytest.mark.slow
def test_a_process_killed_again_and_again_gets_there(yards: Callable[[], Yard], undisturbed: Yard, repo: Path) -> None:
    yard = yards()
    fill(yard)
    kills = 0
    while kill_at(yard, 1 + kills % 6, repo):
        kills += 1
        assert kills < 100
    assert same(yard, undisturbed)


@pytest.mark.slow
def test_a_process_killed_at_any_time_is_made_good_by_the_next_run(yards: Callable[[], Yard], undisturbed: Yard, repo: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{repo / 'src'}:{repo}"}
    chance = random.Random(7)
    for _ in range(25):
        yard = yards()
        fill(yard)
        process = subprocess.Popen([sys.executable, "-c", LAND, str(yard.place.parent), "0"], env=environment)
        time.sleep(chance.uniform(0.15, 0.8))
        process.kill()
        process.wait()
        yard.land()
        assert same(yard, undisturbed)


def test_what_a_dead_landing_left_is_never_read_and_swept_in_time(yard: Yard) -> None:
    fill(yard)

    def on_step(step: str) -> None:
        if step == "synced":
            raise Died

    with pytest.raises(Died):
        yard.land(yard.lake(on_step))
    assert yard.bronze() == []
    assert not list(yard.place.rglob("*.parquet")), "a landing that can still act takes its remains with it"
    orphan = yard.place / "bronze/yard/things/ingestion_date=2024-01-01/000000000001-00000000-0000.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"half a fi")
    yard.land()
    assert [row[0] for row in yard.bronze("_file")] == sorted(f"{number}.csv" for number in range(3) for _ in range(3))
    lake = yard.lake()
    assert lake.sweep_orphans() == [], "a young file may have a writer elsewhere"
    os.utime(orphan, (1, 1))
    before = yard.bronze()
    assert lake.sweep_orphans() == [orphan.relative_to(yard.place).as_posix()]
    assert yard.bronze() == before
