"""Digests by the clock: a file for each reader, of what she may see."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance

from fondaco.orchestration.definitions import of_shop
from fondaco.settings import Settings
from fondaco.warehouse import prepare_graph
from tests.orchestration.conftest import Orchestrated, made, said
from tests.whole.conftest import Shop, retail

DEMO = """\
version: 1
project: small
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 20%}
sources: {shop: {type: demo, customers: 200, days: 60}}
demo: true
reports: {users: [ana, erin], folder: ./for_people}
"""


def _jobs(settings: Settings) -> set[str]:
    return {job.name for job in of_shop(settings).get_repository_def().get_all_jobs()}


def test_nobody_is_written_to_who_is_not_named(tmp_path: Path) -> None:
    shop = retail(tmp_path / "nobody")
    prepare_graph(shop.settings)
    assert not {name for name in _jobs(shop.settings) if name.startswith("report_")}
    named = retail(tmp_path / "named", more="reports: {users: [ana]}\n")
    prepare_graph(named.settings)
    assert {"report_week", "report_month"} <= _jobs(named.settings)
    schedules = {one.name: one for one in of_shop(named.settings).get_repository_def().schedule_defs}
    assert schedules["write_the_week"].cron_schedule == "0 6 * * 1"
    assert schedules["write_the_month"].execution_timezone == named.settings.business.timezone


@pytest.mark.slow
def test_each_reader_gets_a_file_of_what_she_may_see(tmp_path: Path, instance: DagsterInstance) -> None:
    shop = Shop(tmp_path / "shop").configure(DEMO)
    shop.run()
    prepare_graph(shop.settings)
    result = Orchestrated(shop, instance).run("report_week")
    assert result.success, said(result)
    assert made(result) == {AssetKey(["reports", "week", user]) for user in ("ana", "erin")}
    texts = {user: (shop.root / f"for_people/week-{user}.html").read_text(encoding="utf-8") for user in ("ana", "erin")}
    assert "AT, CH, DE" in texts["ana"]
    assert "all countries" in texts["erin"]
    assert all("<script" not in text for text in texts.values())


@pytest.mark.slow
def test_a_reader_whom_the_policy_does_not_know_fails_the_run_and_says_so(tmp_path: Path, instance: DagsterInstance) -> None:
    shop = Shop(tmp_path / "shop").configure(DEMO.replace("[ana, erin]", "[anna]"))
    prepare_graph(shop.settings)
    result = Orchestrated(shop, instance).run("report_week")
    assert not result.success
    assert "'anna' is no user of the policy (did you mean 'ana'?)" in said(result)
