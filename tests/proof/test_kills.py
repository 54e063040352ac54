"""Whatever is killed, whenever, however often and however many run at once: the lake holds every version that could be seen, once.

The source goes on living all the while: it hands out ties, commits late and dates back. A run is stopped at each of its steps
(a batch read, a part written, files synced, a commit made, the state saved), and killed there or at any moment in between.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fondaco.lake import Lake
from tests.proof.databases import Sqlite, open_sqlite
from tests.proof.laws import check
from tests.proof.places import open_folder
from tests.proof.runs import Run, Setup
from tests.proof.script import Row, Story, transactions


@dataclass
class Trial:
    """A story, the runs that land it, and what they were bound to see.

    Attributes:
        seen: rows that the source held all through a run that ended well: they must be in the lake.
        kills: runs that were killed.
    """

    story: Story
    setup: Setup
    chance: random.Random
    seen: set[tuple[str, Row]] = field(default_factory=set)
    kills: int = 0
    ends: list[str] = field(default_factory=list)

    def episode(self, runs: int) -> None:
        """Some runs at once, each of which may be killed; the story goes on between their steps."""
        held = self.story.visible()
        working = [Run(self.setup) for _ in range(runs)]
        patience = [self.chance.randrange(40) if self.chance.random() < 0.8 else 10_000 for _ in working]
        while any(run.outcome is None for run in working):
            if self.chance.random() < 0.3:
                self.story.go_on()
                held &= self.story.visible()
            number = self.chance.choice([number for number, run in enumerate(working) if run.outcome is None])
            run = working[number]
            patience[number] -= 1
            if patience[number] >= 0:
                run.wait()
                if run.step is not None:
                    run.go_on()
                continue
            # at its step, or somewhere on the way to the next one
            if run.step is not None and self.chance.random() < 0.5:
                run.go_on()
            run.wait(self.chance.choice((0, 0.001, 0.005, 0.02)))
            if run.outcome is None:
                run.kill()
                self.kills += 1
        self.ends += [run.outcome or "" for run in working]
        assert "failed" not in {run.outcome for run in working}, [run.said for run in working]
        if any(run.outcome == "done" for run in working):
            self.seen |= held

    def finish(self) -> None:
        """The story ends, and one run more is left in peace."""
        self.story.finish()
        run = Run(self.setup)
        assert run.to_its_end() == "done", run.said
        self.seen |= self.story.visible()


def trial(folder: Path, seed: int, kills: int, runs: int) -> Trial:
    database = Sqlite(folder / "shop.sqlite")
    setup = Setup(open_sqlite, (folder / "shop.sqlite",), open_folder, (folder / "lake",))
    found = Trial(Story(database, transactions(seed, 10_000)), setup, random.Random(seed))
    while found.kills < kills:
        found.episode(runs)
    found.story.transactions = iter(())
    found.finish()
    return found


@pytest.mark.parametrize("runs", [1, 2])
def test_kills_at_any_moment_are_made_good(tmp_path: Path, runs: int) -> None:
    found = trial(tmp_path, 1, 10, runs)
    check(Lake.open(tmp_path / "lake"), found.story, found.seen)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("runs", [1, 2])
def test_two_hundred_kills_are_made_good(tmp_path: Path, runs: int, seed: int) -> None:
    found = trial(tmp_path, 100 + seed, 50, runs)
    check(Lake.open(tmp_path / "lake"), found.story, found.seen)
