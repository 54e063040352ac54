"""Whatever way the rows came, and whatever was done to the lake and the warehouse, `fondaco verify` says N of N."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from fondaco.job.simulate import live_on
from fondaco.job.verify import verify
from fondaco.lake import Commit, DataFile, Lake, layout
from tests.whole.conftest import Shop, Unwatched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]

CONFIG = """\
version: 1
project: ways
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 20%}
sources:
  shop: {type: demo, customers: 250, days: 80, start: 2025-01-01, seed: 41, sweep: 1h}
demo: true
"""


def holds(shop: Shop) -> int:
    """Compares everything; what was compared."""
    found = verify(shop.settings, Unwatched())
    assert found.differences == ()
    assert (found.equal, found.exit_code, found.notes) == (found.compared, 0, ())
    return found.compared


def live(shop: Shop, days: int) -> None:
    live_on(shop.settings, "shop", days, None, lambda day: None)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Eighty days at once, then one, nine at a time, one, each landed and built by itself."""
    shop = Shop(tmp_path_factory.mktemp("ways") / "shop").configure(CONFIG)
    shop.run()
    for days in (1, 9, 1):
        live(shop, days)
        shop.run()
    return shop


@pytest.fixture
def shop(lived: Shop, shop_at: Callable[[], Path]) -> Shop:
    """A copy, whose warehouse still reads the lake where it was."""
    return lived.copy(shop_at())


def test_day_by_day(lived: Shop) -> None:
    assert holds(lived) > 40_000


def test_after_rows_were_read_again(shop: Shop) -> None:
    before = shop.lake.head()
    assert shop.call("ingest", "--since", "2025-02-01").exit_code == 0
    assert shop.call("ingest", "--since", "2025-03-01", "--until", "2025-03-10").exit_code == 0
    shop.run()
    assert shop.lake.head() >= before
    holds(shop)


def test_after_the_lake_was_rewound_and_read_again(shop: Shop) -> None:
    for table in ("orders", "order_items", "payments", "customers"):
        assert shop.call("state", "rewind", table, "--to", "2025-02-15").exit_code == 0
    live(shop, 1)
    shop.run()
    holds(shop)


def test_after_rows_that_were_put_aside_got_another_chance(shop: Shop) -> None:
    assert shop.call("quarantine", "replay").exit_code == 0
    shop.run()
    holds(shop)


def test_after_a_rebuild(shop: Shop) -> None:
    shop.forget_the_warehouse()
    shop.run()
    compared = holds(shop)
    shop.run("build", full_refresh=True)
    assert holds(shop) == compared


def test_after_the_lake_was_compacted_and_its_state_forgotten(shop: Shop) -> None:
    assert shop.call("lake", "compact", "--older-than", "0s").exit_code == 0
    assert shop.call("state", "rebuild").exit_code == 0
    live(shop, 1)
    shop.run()
    holds(shop)
    shop.forget_the_warehouse()
    shop.run()
    holds(shop)


def test_when_each_day_lands_table_by_table_the_last_first_and_is_built_in_between(shop_at: Callable[[], Path]) -> None:
    shop = Shop(shop_at()).configure(CONFIG.replace("days: 80", "days: 30"))
    tables = ["refunds", "shipments", "payments", "order_items", "orders", "sellers", "products", "customers", "exchange_rates"]
    shop.run("ingest")
    for number in range(2):
        live(shop, 2)
        for place, table in enumerate(tables):
            assert shop.call("ingest", table).exit_code == 0
            if (place + number) % 5 == 3:
                shop.run("build")
        shop.run("build")
    holds(shop)


def test_when_the_batches_come_in_any_order_months_late(lived: Shop, shop_at: Callable[[], Path]) -> None:
    """The same batches, each with its time of landing, land in an order of chance, in four builds; some come twice."""
    shop = Shop(shop_at())
    shop.root.mkdir(parents=True)
    for name in ("fondaco.yml", ".fondaco/shop.sqlite"):
        (shop.root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(lived.root / name, shop.root / name)
    commits = lived.lake.commits()
    chance = random.Random(1)
    shuffled = chance.sample(commits, len(commits))
    shuffled += chance.sample(commits, len(commits) // 3)
    # the rates of a day must be there before its orders: a build without them stops, as it should
    shuffled.sort(key=lambda commit: commit.table != "exchange_rates")
    for number, commit in enumerate(shuffled, 1):
        _land_as(lived, shop, commit, number)
        if number in (len(shuffled) // 4, len(shuffled) // 2, len(shuffled)):
            shop.run("build")
    holds(shop)


def _land_as(origin: Shop, shop: Shop, commit: Commit, number: int) -> None:
    """Puts a batch of one lake into another, under another number."""
    batch = layout.batch_id(number, commit.batch_id)
    files = tuple(_copied(origin, shop, file, commit.batch_id, batch) for file in commit.files)
    aside = commit.quarantine and _copied(origin, shop, commit.quarantine, commit.batch_id, batch)
    moved = replace(commit, number=number, batch_id=batch, files=files, quarantine=aside)
    path = shop.root / "lake" / layout.commit_path(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(moved.encode())
    assert Lake.open(shop.root / "lake").log.read(number) == moved


def _copied(origin: Shop, shop: Shop, file: DataFile, before: str, batch: str) -> DataFile:
    path = file.path.replace(before, batch)
    target = shop.root / "lake" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * replace ('{batch}' as _batch_id) from read_parquet('{origin.root / 'lake' / file.path}', hive_partitioning = false)) "
            f"to '{target}' (format parquet)"
        )
    return replace(file, path=path)
