"""Whatever is killed, whenever, however often and however many run at once: the lake holds every version that could be seen, once.

The source goes on living all the while: it hands out ties, commits late and dates back. A run is stopped at each of its steps
(a batch read, a part written, files synced, a commit made, the state saved), and killed there or at any moment in between.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fondaco.lake import Lake
from fondaco.storage import Folder, Place
from tests.proof.databases import MysqlShop, PostgresShop, SqliteShop, open_shop
from tests.proof.laws import check
from tests.proof.places import open_lake
from tests.proof.runs import Run, Setup
from tests.proof.script import Database, Row, Story, transactions


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


def trial(database: Database, place: Place, seed: int, kills: int, runs: int) -> Trial:
    """A trial of so many kills, so many runs at once, and its end."""
    setup = Setup(open_shop, (database.dialect,), open_lake, (place,))
    found = Trial(Story(database, transactions(seed, 10_000)), setup, random.Random(seed))
    while found.kills < kills:
        found.episode(runs)
    found.story.transactions = iter(())
    found.finish()
    return found


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Database]:
    """An empty shop in a database of that kind."""

    def make(kind: str) -> Database:
        match kind:
            case "postgres":
                return PostgresShop(request.getfixturevalue("postgres_server"))
            case "mysql":
                return MysqlShop(request.getfixturevalue("mariadb_server"))
        return SqliteShop(tmp_path / "shop.sqlite")

    return make


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Place]:
    """An empty folder or bucket."""
    return lambda kind: request.getfixturevalue("bucket") if kind == "bucket" else Folder(tmp_path / "lake")


@pytest.mark.parametrize(("database", "where", "runs"), [("sqlite", "folder", 1), ("postgres", "bucket", 2)])
def test_kills_at_any_moment_are_made_good(
    shop: Callable[[str], Database], place: Callable[[str], Place], database: str, where: str, runs: int
) -> None:
    found = trial(shop(database), lake := place(where), 1, 6, runs)
    check(Lake.open(lake), found.story, found.seen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "where", "runs", "kills"),
    [
        ("postgres", "folder", 1, 40),
        ("postgres", "folder", 2, 40),
        ("postgres", "bucket", 1, 40),
        ("postgres", "bucket", 2, 40),
        ("mysql", "folder", 1, 20),
        ("sqlite", "folder", 2, 20),
    ],
)
def test_two_hundred_kills_are_made_good(
    shop: Callable[[str], Database], place: Callable[[str], Place], database: str, where: str, runs: int, kills: int
) -> None:
    found = trial(shop(database), lake := place(where), 100, kills, runs)
    assert found.kills >= kills
    check(Lake.open(lake), found.story, found.seen)
