from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.errors import ConfigError, LockedError, SourceError
from fondaco.sources.demo import LiveReport, live, shop_clock

START = date(2025, 1, 1)


def everything(path: Path) -> dict[str, list[str]]:
    """Every row of every table, the private ones too, with the type of each value."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}


def grow(path: Path, days: int, *, seed: int = 7, customers: int = 120) -> LiveReport:
    return live(path, seed=seed, customers=customers, start=START, until=START + timedelta(days=days))


def test_the_same_seed_gives_the_same_tables(tmp_path: Path) -> None:
    grow(tmp_path / "one", 40)
    grow(tmp_path / "two", 40)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_another_seed_gives_other_tables(tmp_path: Path) -> None:
    grow(tmp_path / "one", 5)
    grow(tmp_path / "two", 5, seed=8)
    assert everything(tmp_path / "one")["customers"] != everything(tmp_path / "two")["customers"]


def test_a_life_in_steps_is_the_life_lived_at_once(tmp_path: Path) -> None:
    # across the schema change of day 300; the uneven steps stop before, on and after it
    grow(tmp_path / "at_once", 310)
    for days in (1, 2, 30, 31, 100, 299, 300, 301, 302, 310):
        grow(tmp_path / "in_steps", days)
    assert everything(tmp_path / "in_steps") == everything(tmp_path / "at_once")


@pytest.mark.parametrize("customers", [1, 10, 1000])
def test_a_shop_of_any_size_lives(tmp_path: Path, customers: int) -> None:
    assert grow(tmp_path / "shop", 45, customers=customers).rows["customers"] >= 5


@pytest.mark.slow
def test_a_life_day_by_day_is_the_life_lived_at_once(tmp_path: Path) -> None:
    grow(tmp_path / "at_once", 548, customers=300)
    for days in range(1, 549):
        grow(tmp_path / "in_steps", days, customers=300)
    assert everything(tmp_path / "in_steps") == everything(tmp_path / "at_once")


def test_days_that_were_lived_are_not_lived_again(tmp_path: Path) -> None:
    grow(tmp_path / "shop", 10)
    before = everything(tmp_path / "shop")
    report = grow(tmp_path / "shop", 4)
    assert (report.days, report.until) == (0, START + timedelta(days=10))
    assert everything(tmp_path / "shop") == before


def test_the_clock_shows_five_past_midnight_and_nothing_was_written_after_midnight(tmp_path: Path) -> None:
    grow(tmp_path / "shop", 12)
    assert shop_clock(tmp_path / "shop") == datetime(2025, 1, 13, 0, 5)
    with closing(sqlite3.connect(tmp_path / "shop")) as connection:
        for table in ("customers", "products", "sellers", "orders", "payments", "shipments", "refunds", "exchange_rates"):
            (latest,) = connection.execute(f"SELECT max(updated_at) FROM {table}").fetchone()
            assert latest is None or latest < "2025-01-13 00:00:00.000000"


def test_what_a_day_writes_carries_a_time_of_that_day(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    for days in range(1, 15):
        before = set(everything(shop)["orders"]) if shop.exists() else set()
        grow(shop, days)
        today = (START + timedelta(days=days - 1)).isoformat()
        with closing(sqlite3.connect(shop)) as connection:
            rows = [(repr(row), row[-1]) for row in connection.execute("SELECT * FROM orders")]
        assert {updated_at[:10] for text, updated_at in rows if text not in before} <= {today}


_KILLED_BETWEEN_TWO_DAYS_OR_WITHIN_ONE = """
import sys
from datetime import date
from pathlib import Path
from fondaco.sources.demo import live
live(Path(sys.argv[1]), seed=7, customers=120, start=date(2025, 1, 1), until=date(2025, 6, 30), each_day=lambda day: print(day, flush=True))
"""

_KILLED_WITH_A_DAY_WRITTEN_BUT_NOT_COMMITTED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from fondaco.sources.demo import events, live
append = events.append
def append_and_die(connection, day, told):
    connection.execute("PRAGMA cache_size = 1")  # so that rows reach the file before the commit
    append(connection, day, told)
    if day == date(2025, 2, 15):
        os.kill(os.getpid(), signal.SIGKILL)
events.append = append_and_die
live(Path(sys.argv[1]), seed=7, customers=120, start=date(2025, 1, 1), until=date(2025, 6, 30))
"""


@pytest.mark.parametrize("after", [1, 20, 45])
def test_a_shop_killed_at_any_moment_has_whole_days_and_lives_on_as_if_undisturbed(tmp_path: Path, after: int) -> None:
    shop = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", _KILLED_BETWEEN_TWO_DAYS_OR_WITHIN_ONE, str(shop)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(after):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    _is_as_undisturbed(tmp_path, shop)


def test_a_shop_killed_before_its_day_is_committed_has_not_lived_that_day(tmp_path: Path) -> None:
    shop = tmp_path / "killed"
    child = subprocess.run([sys.executable, "-c", _KILLED_WITH_A_DAY_WRITTEN_BUT_NOT_COMMITTED, str(shop)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert (tmp_path / "killed-journal").stat().st_size > 0
    assert shop_clock(shop) == datetime(2025, 2, 15, 0, 5)
    assert grow(shop, 0).until == date(2025, 2, 15)
    _is_as_undisturbed(tmp_path, shop)


def _is_as_undisturbed(tmp_path: Path, shop: Path) -> None:
    whole = grow(shop, 0)
    days = (whole.until - START).days
    grow(tmp_path / "undisturbed", days)
    assert everything(shop) == everything(tmp_path / "undisturbed")
    grow(shop, days + 25)
    grow(tmp_path / "undisturbed", days + 25)
    assert everything(shop) == everything(tmp_path / "undisturbed")


def test_a_shop_is_not_continued_with_another_seed(tmp_path: Path) -> None:
    grow(tmp_path / "shop", 2)
    with pytest.raises(ConfigError, match="began with seed 7, not 8"):
        grow(tmp_path / "shop", 3, seed=8)


def test_a_file_that_is_no_shop_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("no database, but long enough to be taken for one " * 30)
    with pytest.raises(SourceError, match="cannot be read or written") as refused:
        grow(tmp_path / "shop", 2)
    assert refused.value.where == str(tmp_path / "shop")


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="cannot be read or written"):
        grow(tmp_path / "file" / "shop", 2)


def test_two_who_let_the_same_shop_live_do_not_live_a_day_twice(tmp_path: Path) -> None:
    shop = tmp_path / "shop"

    def somebody_else(day: date) -> None:
        if day == START + timedelta(days=2):
            grow(shop, 4)

    with pytest.raises(LockedError, match="somebody else"):
        live(shop, seed=7, customers=120, start=START, until=START + timedelta(days=6), each_day=somebody_else)
    grow(shop, 6)
    grow(tmp_path / "alone", 6)
    assert everything(shop) == everything(tmp_path / "alone")


def test_a_shop_that_is_not_there_has_no_clock(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no clock"):
        shop_clock(tmp_path / "nowhere")


def test_a_life_through_leap_day_and_both_clock_changes_has_orders_every_week(tmp_path: Path) -> None:
    live(tmp_path / "shop", seed=1, customers=200, start=date(2024, 2, 20), until=date(2024, 4, 10))
    with closing(sqlite3.connect(tmp_path / "shop")) as connection:
        days = {day for (day,) in connection.execute("SELECT day FROM exchange_rates WHERE currency = 'USD'")}
        weeks = connection.execute("SELECT count(DISTINCT strftime('%W', placed_at)) FROM orders WHERE id < 9000000").fetchone()
    assert {"2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31"} <= days
    assert weeks == (8,)
