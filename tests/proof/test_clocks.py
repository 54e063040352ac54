"""Clocks that jump: ours tells when rows landed, never in which order; the source's tells what is new, and is not believed blindly."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fondaco.lake import DefaultQuality, Lake, land
from tests.proof.databases import SqliteShop, open_shop
from tests.proof.laws import check
from tests.proof.script import Story, transactions


def test_a_clock_of_ours_that_jumps_to_and_fro_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    story = Story(SqliteShop(tmp_path / "shop.sqlite"), transactions(3, 15))
    seen = set(story.visible())

    def clock() -> datetime:
        return datetime(2024, 6, 1, tzinfo=UTC) + timedelta(days=chance.choice((-400, -1, 0, 0, 1, 400)), seconds=chance.random())

    while not story.is_over:
        story.go_on()
        with closing(open_shop(story.database.dialect)) as source:
            for table in land([source], Lake.open(tmp_path / "lake"), DefaultQuality(), clock=clock):
                assert not table.errors
        seen |= story.visible()
    check(Lake.open(tmp_path / "lake"), story, seen)
