"""Schedules tick at the shop's hours, on the nights that are an hour short or long, too, and ask for nothing that is not needed."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    SkipReason,
    build_schedule_context,
    build_sensor_context,
)
from dagster._core.test_utils import create_run_for_test
from dagster._utils.schedules import schedule_execution_time_iterator

from fondaco.orchestration.definitions import first_day, of_shop
from fondaco.settings import Settings, load_settings
from fondaco.warehouse import Graph
from fondaco.warehouse.graph import keep_graph
from tests.whole.conftest import Shop

Configured = Callable[[str], Settings]
SHORT, LONG = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Settings of a shop in Berlin that gets files, with a schedule. What it is made of does not matter here: its graph is empty."""

    def configured(schedule: str) -> Settings:
        (tmp_path / "drops").mkdir(exist_ok=True)
        (tmp_path / "fondaco.yml").write_text(
            "project: toys\nbusiness: {timezone: Europe/Berlin}\n"
            f"sources: {{gifts: {{type: files, path: drops, system: online_retail}}}}\nschedule: {schedule}\n"
        )
        settings = load_settings(tmp_path, environ={})
        keep_graph(settings, Graph(""))
        return settings

    return configured


def ticks(settings: Settings, name: str, day: date) -> list[str]:
    """When a schedule ticks on a day of the shop, as UTC; asked as Dagster's daemon asks."""
    found = of_shop(settings).get_repository_def().get_schedule_def(name)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - 2 * 3600 - 1
    assert found.execution_timezone == "Europe/Berlin"
    every = schedule_execution_time_iterator(start, found.cron_schedule, found.execution_timezone, ascending=True)
    return [f"{at.astimezone(UTC):%d %H:%M}" for at in itertools.takewhile(lambda at: at.date() <= day, every) if at.date() == day]


def test_what_is_due_at_an_hour_is_due_at_the_shops_hour_in_summer_and_in_winter(configured: Configured) -> None:
    settings = configured("{sweep: '10 4 * * *'}")
    assert [ticks(settings, "find_what_was_deleted", day) for day in (date(2026, 7, 1), date(2026, 12, 1))] == [["01 02:10"], ["01 03:10"]]


def test_what_falls_into_the_hour_that_is_missing_runs_at_its_end(configured: Configured) -> None:
    assert ticks(configured("{sweep: '30 2 * * *'}"), "find_what_was_deleted", SHORT) == ["29 01:00"]


def test_what_falls_into_the_hour_that_comes_twice_runs_once(configured: Configured) -> None:
    assert len(ticks(configured("{sweep: '30 2 * * *'}"), "find_what_was_deleted", LONG)) == 1


def test_every_quarter_of_an_hour_and_every_hour_tick_23_and_25_hours_long(configured: Configured) -> None:
    settings = configured("{ingest: '*/15 * * * *', build: '5 * * * *'}")
    for day, hours in ((SHORT, 23), (LONG, 25)):
        quarters, builds = ticks(settings, "land_what_is_new", day), ticks(settings, "build_what_landed", day)
        assert (len(set(quarters)), len(quarters)) == (hours * 4, hours * 4)
        assert (len(set(builds)), len(builds)) == (hours, hours)


def test_a_landing_is_of_the_shops_day_not_of_the_servers(configured: Configured, instance: DagsterInstance) -> None:
    repository = of_shop(configured("{first_day: 2026-03-01}")).get_repository_def()
    schedule = repository.get_schedule_def("land_what_is_new")
    for at, day in (
        ("2026-03-28T23:00:00+00:00", "2026-03-29"),
        ("2026-03-29T22:15:00+00:00", "2026-03-30"),
        ("2026-03-29T21:45:00+00:00", "2026-03-29"),
    ):
        with build_schedule_context(instance, datetime.fromisoformat(at), repository_def=repository) as context:
            (asked,) = schedule.evaluate_tick(context).run_requests or ()
            assert asked.partition_key == day


def test_a_schedule_whose_last_run_still_waits_adds_none(configured: Configured, instance: DagsterInstance) -> None:
    create_run_for_test(instance, job_name="land", status=DagsterRunStatus.STARTED)
    schedule = of_shop(configured("{}")).get_repository_def().get_schedule_def("land_what_is_new")
    with build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC)) as context:
        told = schedule.evaluate_tick(context)
    assert told.run_requests == [] and "is not over (started)" in (told.skip_message or "")


def test_a_build_is_asked_for_when_there_is_something_to_build(configured: Configured, instance: DagsterInstance) -> None:
    settings = configured("{}")
    schedule = of_shop(settings).get_repository_def().get_schedule_def("build_what_landed")

    def asked() -> RunRequest | SkipReason:
        with build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC)) as context:
            told = schedule.evaluate_tick(context)
        return told.run_requests[0] if told.run_requests else SkipReason(told.skip_message)

    assert asked() == SkipReason("nothing new since the last build")
    shop = Shop(settings.root)
    shop.drop("a.csv.gz", ["536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"])
    shop.run("ingest")
    found = asked()
    assert isinstance(found, RunRequest) and found.tags["fondaco/why"] == "there is no complete build yet"


def test_a_schedule_that_is_off_is_not_there(configured: Configured) -> None:
    repository = of_shop(configured("{ingest: off, compact: off}")).get_repository_def()
    assert {found.name for found in repository.schedule_defs} & {"land_what_is_new", "compact_the_lake"} == set()


def test_a_dropped_file_is_landed_once_and_again_when_it_changes(configured: Configured, instance: DagsterInstance) -> None:
    settings = configured("{}")
    sensor = of_shop(settings).get_repository_def().get_sensor_def("drops_of_gifts")
    cursor: str | None = None

    def looked() -> int:
        nonlocal cursor
        with build_sensor_context(instance=instance, cursor=cursor, definitions=of_shop(settings)) as context:
            told = sensor.evaluate_tick(context)
        cursor = told.cursor
        return len(told.run_requests or ())

    assert looked() == 0
    file = settings.root / "drops" / "a.csv.gz"
    file.write_bytes(b"x")
    assert [looked(), looked()] == [1, 0]
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert [looked(), looked()] == [1, 0]
    file.with_name("b.csv.gz.part").write_bytes(b"half of a fi")
    assert looked() == 0


def test_days_begin_before_the_first_landing_or_where_it_is_said(configured: Configured) -> None:
    settings = configured("{first_day: 2024-05-01}")
    assert first_day(settings) == datetime(2024, 5, 1)
