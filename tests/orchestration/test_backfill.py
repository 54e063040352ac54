"""Days that are read again, one by one or at once, make the same warehouse, and nothing is doubled."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, ExecuteInProcessResult

from fondaco.warehouse import Graph
from fondaco.warehouse.graph import keep_graph
from tests.orchestration.conftest import Orchestrated, events, said
from tests.whole.conftest import differences, retail

FIRST_DAY = date(2024, 3, 28)  # the clocks of the shop go forward on the fourth day
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(10)]


def shop(root: Path, instance: DagsterInstance) -> Orchestrated:
    return Orchestrated(retail(root, more=f"schedule: {{first_day: {FIRST_DAY}}}\n"), instance)


def drop(clock: Orchestrated, day: date) -> None:
    """A file of that day: an order of its own, and a line that every day's file repeats. It comes in the day's last hour."""
    number = day.toordinal()
    lines = [
        f"{number},85123A,HEART,{number % 7 + 1},{day} 08:26:00,2.55,{17000 + number % 3},United Kingdom",
        f"{number},22728,CLOCK,2,{day} 08:26:00,3.75,{17000 + number % 3},United Kingdom",
    ]
    file = clock.shop.drop(f"{day}.csv.gz", lines)
    at = datetime(day.year, day.month, day.day, 23, 30, tzinfo=ZoneInfo("Europe/London")).timestamp()
    os.utime(file, (at, at))


def landed(result: ExecuteInProcessResult) -> int:
    """Rows that a run landed; said of every day of it, counted once."""
    assert result.success, said(result)
    found = {
        event.asset_key: event.materialization.metadata["rows landed"].value
        for event in events(result, "ASSET_MATERIALIZATION")
        if event.asset_key is not None and event.asset_key.path[0] == "lake"
    }
    return sum(int(str(rows)) for rows in found.values())


def backfill(clock: Orchestrated, first: date, last: date) -> ExecuteInProcessResult:
    """The landing of a range of days, as Dagster's backfill asks for it."""
    tags = {"dagster/asset_partition_range_start": f"{first}", "dagster/asset_partition_range_end": f"{last}"}
    return clock.run("land", tags=tags)


def test_a_day_brings_what_is_of_that_day_in_the_shops_zone_and_doubles_nothing(tmp_path: Path, instance: DagsterInstance) -> None:
    clock = shop(tmp_path / "shop", instance)
    keep_graph(clock.shop.settings, Graph(""))
    for day in DAYS:
        drop(clock, day)
    assert landed(clock.run("land", partition=f"{DAYS[3]}")) == 2
    assert landed(clock.run("land", partition=f"{DAYS[3]}")) == 0
    result = backfill(clock, DAYS[2], DAYS[5])
    assert landed(result) == 6
    made = {event.partition for event in events(result, "ASSET_MATERIALIZATION")}
    assert made == {f"{day}" for day in DAYS[2:6]}
    # what is new is what no day has brought
    assert landed(clock.run("land", partition=clock.today)) == 2 * (len(DAYS) - 4)
    assert landed(backfill(clock, DAYS[0], DAYS[-1])) == 0


def test_keys_are_compared_when_it_is_time_for_that(tmp_path: Path, instance: DagsterInstance) -> None:
    clock = shop(tmp_path / "shop", instance)
    keep_graph(clock.shop.settings, Graph(""))
    assert clock.run("compare_keys", partition=clock.today).success
    assert next(iter(clock.shop.lake.audit.entries(1))).arguments["sweep"] is True


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_backfill_of_ten_days_makes_the_same_warehouse_as_ten_days_one_by_one(tmp_path: Path, instance: DagsterInstance) -> None:
    daily, once = shop(tmp_path / "daily", instance), shop(tmp_path / "once", instance)
    for clock in (daily, once):
        keep_graph(clock.shop.settings, Graph(""))
    for number, day in enumerate(DAYS, 1):
        drop(daily, day)
        drop(once, day)
        assert landed(daily.run("land", partition=f"{day}")) == 2
        # what a build does to each day is proven elsewhere: here some days are built together, and some are not
        if number in (3, 7, len(DAYS)):
            daily.shop.run("build")
    assert landed(backfill(once, DAYS[0], DAYS[-1])) == 20
    once.shop.run("build")
    assert once.shop.value("select count(*) from gold.orders") == 10
    assert differences(daily.shop, once.shop) == []
