"""A small shop's days, end to end through the command line: a first run, a run with nothing new, a day more."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondaco.cli import main
from fondaco.job.lock import only_run

CONFIG = """\
project: small
business: {timezone: Europe/Berlin}
sources: {shop: {type: demo, customers: 60, days: 40}}
demo: true
"""


@dataclass(frozen=True)
class Call:
    """What a call came to: its exit code, its document, and what it said on stderr."""

    exit_code: int
    told: dict[str, Any]
    said: str

    @property
    def data(self) -> Any:
        return self.told["data"]


def call(shop: Path, *words: str) -> Call:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*words, "-C", str(shop), "--json"])
    return Call(code, json.loads(out.getvalue()), err.getvalue())


@dataclass(frozen=True)
class Story:
    """The calls of these days, in their order."""

    shop: Path
    plan_before: Call
    first: Call
    first_verified: Call
    again: Call
    check: Call
    lived: Call
    plan_of_the_day: Call
    day: Call
    day_verified: Call


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    shop = tmp_path_factory.mktemp("shop")
    (shop / "fondaco.yml").write_text(CONFIG)
    return Story(
        shop,
        plan_before=call(shop, "plan"),
        first=call(shop, "run"),
        first_verified=call(shop, "verify"),
        again=call(shop, "run"),
        check=call(shop, "plan", "--check"),
        lived=call(shop, "demo", "--days", "1"),
        plan_of_the_day=call(shop, "plan"),
        day=call(shop, "run"),
        day_verified=call(shop, "verify"),
    )


def test_a_plan_makes_nothing(story: Story) -> None:
    assert story.plan_before.data["lives"] == {"shop": 40}
    assert story.plan_before.data["build_reason"] == "what would land is new"


def test_the_first_run_lives_lands_builds_and_shows(story: Story) -> None:
    assert story.first.exit_code == 0, story.first.said
    assert [step["step"] for step in story.first.data["steps"]] == ["simulate", "land", "build", "summarise"]
    assert {table["table"] for table in story.first.data["tables"]} == {
        "customers", "products", "sellers", "orders", "order_items", "payments", "shipments", "refunds", "exchange_rates"
    }  # fmt: skip
    assert story.first.data["build"]["failures"] == []
    assert {kpi["label"] for kpi in story.first.data["summary"]["kpis"]} >= {"Net revenue", "Orders", "Average order value"}


def test_rows_read_are_landed_quarantined_or_known(story: Story) -> None:
    for run in (story.first, story.again, story.day):
        for table in run.data["tables"]:
            assert table["read"] == table["landed"] + table["quarantined"] + table["known"]
            assert table["quarantined"] == sum(table["reasons"].values())


def test_a_run_with_nothing_new_commits_and_builds_nothing(story: Story) -> None:
    assert story.again.exit_code == 0, story.again.said
    assert story.again.data["head"] == story.first.data["head"]
    assert story.again.data["build"] is None
    assert story.again.data["summary"] == story.first.data["summary"]
    assert story.check.exit_code == 0, story.check.data
    assert story.check.data["tables"] == []


def test_a_day_is_landed_as_it_was_planned(story: Story) -> None:
    assert story.lived.data["days"] == 1
    assert story.day.exit_code == 0, story.day.said
    planned = {table["table"]: table["rows"] for table in story.plan_of_the_day.data["tables"]}
    landed = {table["table"]: table["landed"] - table["deleted"] + table["quarantined"] for table in story.day.data["tables"]}
    assert {table: rows for table, rows in landed.items() if rows} == {table: rows for table, rows in planned.items() if rows}
    assert story.day.data["build"]["full_refresh"] is False


def test_the_warehouse_is_the_answer_key_on_the_first_day_and_on_the_next(story: Story) -> None:
    for verified in (story.first_verified, story.day_verified):
        assert verified.exit_code == 0, verified.told
        assert verified.data["equal"] == verified.data["compared"] > 10_000
        assert all(comparison["wrong"] == 0 for comparison in verified.data["comparisons"])
    assert (story.first_verified.data["until"], story.day_verified.data["until"]) == ("2024-02-09", "2024-02-10")


def test_what_is_not_in_the_warehouse_yet_is_not_held_against_it(story: Story, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(story.shop, shop)
    assert call(shop, "demo", "--days", "1").exit_code == 0
    assert call(shop, "verify").data["until"] == "2024-02-10"
    assert call(shop, "ingest").exit_code == 0
    behind = call(shop, "verify")
    assert (behind.exit_code, behind.data["until"]) == (0, "2024-02-10")
    assert "not in the warehouse yet" in behind.data["notes"][0]


def test_the_first_cent_that_is_wrong_is_named_and_exits_with_1(story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(story.shop, shop)
    with duckdb.connect(str(shop / "warehouse.duckdb")) as warehouse:
        warehouse.execute("update marts.orders set net_amount = net_amount + 0.01 where order_id = '7'")
    verified = call(shop, "verify")
    assert verified.exit_code == 1
    # the cell and its sum, and the figures that are asked of it
    assert verified.data["compared"] - verified.data["equal"] >= 2
    examples = [example for comparison in verified.data["comparisons"] for example in comparison["examples"]]
    (difference,) = [example for example in examples if example["relation"] == "gold.orders"]
    assert (difference["relation"], difference["key"], difference["column"]) == ("gold.orders", "order_key=shop:7", "net_amount")
    assert float(difference["found"]) - float(difference["expected"]) == pytest.approx(0.01)
    assert main(["verify", "-C", str(shop)]) == 1
    assert "net_amount" in capsys.readouterr().out


def test_there_is_nothing_to_verify_before_a_run_and_other_rules_have_no_answer_key(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fondaco.yml").write_text(CONFIG)
    assert call(tmp_path, "verify").told["error"]["hint"] == "`fondaco run` makes one"
    monkeypatch.setenv("FONDACO_BUSINESS__CURRENCY", "USD")
    refused = call(story.shop, "verify")
    assert refused.exit_code == 2
    assert "business.currency" in refused.told["error"]["message"]


def test_the_state_is_told_by_table(story: Story) -> None:
    tables = call(story.shop, "state", "show").data
    assert {table["table"] for table in tables} >= {"orders", "customers"}
    assert max(table["commit"] for table in tables) == story.day.data["head"]


def test_what_is_fresh_exits_with_0_and_what_is_not_with_1(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    found = call(story.shop, "status")
    assert found.exit_code == 0
    assert [(run["command"], run["outcome"]) for run in found.data["runs"]] == [("run", "ok")] * 3
    assert found.data["needs_build"] is None
    monkeypatch.setenv("FONDACO_QUALITY__STALE_AFTER", "0s")
    assert call(story.shop, "status").exit_code == 1


def test_every_row_that_was_put_aside_can_be_seen(story: Story) -> None:
    aside = sum(table["quarantined"] for run in (story.first, story.day) for table in run.data["tables"])
    assert sum(entry["rows"] for entry in call(story.shop, "quarantine", "list").data) == aside
    shown = call(story.shop, "quarantine", "show", "--limit", "100000").data
    assert len(shown["rows"]) == shown["total"] == aside
    assert all(row["detail"] and row["raw"] for row in shown["rows"])
    assert call(story.shop, "quarantine", "show", "nothing").exit_code == 2


def test_a_question_is_answered_and_changes_nothing(story: Story) -> None:
    found = call(story.shop, "query", "select count(*) as orders from gold.orders").data
    assert found["columns"] == ["orders"]
    assert found["rows"][0][0] > 0
    refused = call(story.shop, "query", "delete from gold.orders")
    assert (refused.exit_code, refused.told["error"]["code"]) == (2, "E200")


def test_the_doctor_finds_nothing_to_mend(story: Story) -> None:
    found = call(story.shop, "doctor")
    assert found.exit_code == 0
    assert {check["verdict"] for check in found.data} <= {"ok", "warn"}


def test_a_second_run_at_the_same_time_is_told_to_come_back(story: Story) -> None:
    with only_run(story.shop / ".fondaco"):
        for words in (("run",), ("ingest",), ("build",), ("demo", "--days", "1")):
            refused = call(story.shop, *words)
            assert (refused.exit_code, refused.told["error"]["code"]) == (75, "E750")
    assert call(story.shop, "status").exit_code == 0


def test_a_table_that_is_none_is_named_with_the_nearest(story: Story) -> None:
    refused = call(story.shop, "ingest", "oders")
    assert refused.exit_code == 2
    assert "did you mean 'orders'?" in refused.told["error"]["message"]


def test_every_screen_prints(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("plan",),
        ("status",),
        ("state", "show"),
        ("quarantine", "list"),
        ("quarantine", "show"),
        ("query", "from gold.orders"),
        ("doctor", "disk"),
        ("verify",),
    ):
        assert main([*words, "-C", str(story.shop)]) == 0
        assert capsys.readouterr().out.strip()
