"""A report as it was known on a day is the report that was made then, whatever landed, moved or was compacted since."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.errors import UsageError
from fondaco.job.look import known_at
from fondaco.lake import EarlierLake, compact
from fondaco.settings import Settings
from fondaco.warehouse import build
from tests.warehouse.test_build import FIRST_DAY, SECOND_DAY, Shop, contents

# the shop's clocks stand at London's: its day ends an hour before the lake's in summer
FIRST, SECOND = datetime(2011, 7, 1, 22, 30, tzinfo=UTC), datetime(2011, 7, 1, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, dict[str, list[tuple[object, ...]]]]:
    """A shop of two landings, compacted after the second, and all its tables as they were between the two."""
    shop = Shop.open(tmp_path_factory.mktemp("known")).drop("2010-12-01", FIRST_DAY).land(FIRST)
    assert build(shop.settings, shop.lake).failures == ()
    then = contents(shop)
    shop.drop("2010-12-02", SECOND_DAY).drop("2010-12-01", FIRST_DAY.replace("WHITE HOLDER,6", "WHITE HOLDER,5")).land(SECOND)
    assert sum(found.files for found in compact(shop.lake, older_than=timedelta())) == 2
    assert build(shop.settings, shop.lake).failures == ()
    return shop, then


def test_every_table_as_known_on_a_day_is_what_it_was(shop: tuple[Shop, dict[str, list[tuple[object, ...]]]]) -> None:
    now, then = shop
    known = Shop(known_at(now.settings, date(2011, 7, 1)))
    assert contents(known) == then
    assert contents(now) != then
    # bronze shows no row that landed later, and the one of the file that was sent again since
    assert known.one("select count(*) from bronze.online_retail__invoice_lines") == 7
    assert known.one("select max(Quantity) from bronze.online_retail__invoice_lines where StockCode = '85123A'") == 6
    # it is kept: the same day again is the same file, untouched
    made = Path(known.settings.warehouse.path).read_bytes()
    assert known_at(now.settings, date(2011, 7, 1)).warehouse.path == known.settings.warehouse.path
    assert Path(known.settings.warehouse.path).read_bytes() == made


def test_a_day_after_which_nothing_landed_is_today(shop: tuple[Shop, dict[str, list[tuple[object, ...]]]]) -> None:
    assert _of(shop) == known_at(_of(shop), date(2011, 7, 2))


def test_before_anything_landed_there_is_nothing_to_know(shop: tuple[Shop, dict[str, list[tuple[object, ...]]]]) -> None:
    with pytest.raises(UsageError, match="nothing had landed by the end of 2011-06-30"):
        known_at(_of(shop), date(2011, 6, 30))


def test_a_commit_counts_from_its_own_moment_on(shop: tuple[Shop, dict[str, list[tuple[object, ...]]]]) -> None:
    lake = shop[0].lake
    assert EarlierLake.before(lake, FIRST).number == 0
    assert EarlierLake.before(lake, FIRST + timedelta(microseconds=1)).number == 1
    assert [commit.number for commit in EarlierLake.before(lake, SECOND).commits()] == [1]


def _of(shop: tuple[Shop, dict[str, list[tuple[object, ...]]]]) -> Settings:
    return shop[0].settings
