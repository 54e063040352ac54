"""Clocks that jump: ours tells when rows landed, never in which order; the source's tells what is new, and is not believed blindly."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fondaco.contracts import System
from fondaco.lake import DefaultQuality, Lake, land
from fondaco.sources.sql import SqlDatabase
from tests.databases import PostgresDatabase
from tests.proof.databases import SqliteShop, open_shop
from tests.proof.laws import check
from tests.proof.script import ORDERS, Story, transactions
from tests.servers import Server


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


def landed(shop: PostgresDatabase, place: Path, now: datetime) -> list[int]:
    """The ids in the lake after a run at this true time."""
    with closing(
        SqlDatabase("shop", System("shop", "", "UTC", None, (), {ORDERS.name: ORDERS}), shop.dialect(), now=lambda: now)
    ) as source:
        for table in land([source], Lake.open(place), DefaultQuality(), clock=lambda: now):
            assert not table.errors
    lake = Lake.open(place)
    files = [lake.url(file.path) for commit in lake.commits() for file in commit.files]
    return sorted(row[0] for row in lake.connection.read_parquet(files, hive_partitioning=False).project("id").fetchall())


def test_a_clock_of_the_source_that_jumps_ahead_and_back_hides_nothing_that_is_written_then(
    postgres_server: Server, tmp_path: Path
) -> None:
    shop, now = PostgresDatabase(postgres_server), datetime(2024, 6, 1, tzinfo=UTC)
    try:
        shop.do("create table orders (id bigint primary key, status varchar(40), changed_at timestamp)")
        seen = list[int]()
        # a year ahead, back, an hour ahead, back: what is written meanwhile has the time that the clock tells
        for number, ahead in enumerate([0, 365 * 24, 0, 0, 1, 0, 0, -24, 0, 0]):
            told = now.replace(tzinfo=None) + timedelta(hours=ahead)
            shop.set_clock(told)
            shop.upsert("orders", "id", id=number, status="new", changed_at=f"{told - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}")
            seen = landed(shop, tmp_path / "lake", now)
            now += timedelta(hours=6)
        assert seen == list(range(10))
    finally:
        shop.close()
