from __future__ import annotations

import dataclasses
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from fondaco.cli.screens.run import run_screen
from fondaco.cli.screens.style import Screen
from fondaco.errors import FileRejected
from fondaco.job.report import Places, RunReport, TableLanding, Took
from fondaco.settings import Settings, load_settings
from fondaco.warehouse import BuildReport, Failure, Kpi, MartStatus, Product, Segment, Summary

MADE, BEFORE = datetime(2025, 7, 3, 0, 1), datetime(2025, 7, 2, 0, 1)

SUMMARY = Summary(
    currency="EUR",
    first_day=date(2025, 6, 5),
    last_day=date(2025, 7, 2),
    kpis=(
        Kpi("Net revenue", "money", Decimal("412345.20"), Decimal("398000"), "up"),
        Kpi("Orders", "count", Decimal(4100), Decimal(4200), "up"),
        Kpi("New customers", "count", Decimal(7), None, "up"),
        Kpi("Refund rate", "share", Decimal("0.034"), Decimal("0.031"), "down"),
    ),
    segments=(Segment("champions", 1200, Decimal(255600)), Segment("cannot_lose_them", 3, Decimal(639))),
    products=(Product("Lantern", Decimal(300), Decimal(12000)),),
    rows={"gold.orders": 98120},
)
BUILT = BuildReport(
    models_ok=61,
    tests_ok=212,
    failures=(),
    warnings=(),
    nodes=(),
    marts=(MartStatus("orders", "published", MADE, MADE, 38, 98120, 4, Decimal(0), None),),
    full_refresh=True,
    reason="there is no complete build yet",
    seconds=40,
)
ORDERS = TableLanding(
    "shop", "orders", 3, 0, 98125, 98010, 110, 5, 0, {"placed_at is not a timestamp": 110}, ("orders: column not declared: gift",)
)
QUIET = TableLanding("shop", "payments", 0, 0, 0, 0, 0, 0, 0, {}, ())
REFUSED = TableLanding(
    "drops", "lines", 0, 0, 0, 0, 0, 0, 0, {}, (), (FileRejected("the archive ends too early", where="/in/a.gz", hint="send it again"),)
)
REPORT = RunReport(
    run_id="r",
    command="run",
    started="2025-07-03T00:00:00+00:00",
    steps=(Took("simulate", 12.1), Took("land", 12.3), Took("build", 43.0), Took("summarise", 0.2)),
    first_seconds=None,
    lived={"shop": 548},
    tables=(ORDERS, QUIET),
    notes=(),
    head=38,
    build_reason="there is no complete build yet",
    build=BUILT,
    published=None,
    summary=SUMMARY,
    places=Places("/shop/lake", "/shop/warehouse.duckdb", "/shop/lake/bronze/_quarantine"),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "fondaco.yml").write_text("project: demo\ndemo: true\nsources: {shop: {type: demo}}\n")
    return load_settings(tmp_path, environ={})


def shown(screen: Screen, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    screen(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_longer_than_the_window_and_no_word_is_lost(settings: Settings, width: int) -> None:
    text = shown(run_screen(REPORT, settings), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_rows_read_add_up_in_plain_sight(settings: Settings) -> None:
    text = shown(run_screen(REPORT, settings))
    assert "98,125 rows read = 98,010 landed + 110 quarantined + 5 known before" in text
    assert "110  placed_at is not a timestamp" in text
    assert "shop.orders: column not declared: gift" in text
    assert "1 table with nothing new" in text


def test_figures_stand_beside_the_period_before(settings: Settings) -> None:
    lines = {line.split("  ")[1]: line for line in shown(run_screen(REPORT, settings)).splitlines() if line.startswith("  ")}
    assert "€412,345  ▲ +3.6%" in lines["Net revenue"]
    assert "▼ −2.4%" in lines["Orders"]
    assert "▲ +0.3 pp" in lines["Refund rate"]
    assert lines["New customers"].split()[-2:] == ["–", "–"]


def test_a_segment_that_is_not_empty_has_a_bar(settings: Settings) -> None:
    text = shown(run_screen(REPORT, settings))
    assert "Cannot lose them          3  ▏" in text
    assert "Champions             1,200  ████████████████████████" in text


def test_what_was_refused_is_named_and_the_run_fails(settings: Settings) -> None:
    report = dataclasses.replace(REPORT, tables=(ORDERS, REFUSED))
    text = shown(run_screen(report, settings))
    assert report.exit_code == 1
    assert "demo · run done, with failures" in text
    assert "✗ drops.lines: the archive ends too early\n      --> /in/a.gz\n      hint: send it again" in text


def test_a_failed_test_is_named_with_its_file(settings: Settings) -> None:
    built = dataclasses.replace(BUILT, failures=(Failure("assert_sums_agree", "got 3 results", "tests/assert_sums_agree.sql"),))
    report = dataclasses.replace(REPORT, build=built)
    assert report.exit_code == 1
    assert "✗ assert_sums_agree: got 3 results\n      --> tests/assert_sums_agree.sql" in shown(run_screen(report, settings))


def test_a_mart_that_readers_keep_is_named_with_the_reason_and_the_difference(settings: Settings) -> None:
    held = MartStatus("daily_sales", "kept", MADE, BEFORE, 37, 900, 1, Decimal("0.0100"), "holds_daily_sales failed")
    never = MartStatus("refunds", "never", MADE, None, None, None, 0, None, "unique_refunds failed")
    text = shown(run_screen(dataclasses.replace(REPORT, build=dataclasses.replace(BUILT, marts=(*BUILT.marts, held, never))), settings))
    said = "readers keep the one verified 2025-07-02 00:01 UTC: holds_daily_sales failed; it differs from the ledger by 0.0100"
    assert f"✗ gold.daily_sales: {said}" in " ".join(text.split())
    assert "✗ gold.refunds: none is shown yet: unique_refunds failed" in text
    assert "gold.orders:" not in text


def test_a_run_with_nothing_new_says_so(settings: Settings) -> None:
    report = dataclasses.replace(REPORT, lived={}, tables=(QUIET,), build=None, build_reason=None)
    text = shown(run_screen(report, settings))
    assert "nothing new in 1 table; the lake ends at commit 38" in text
    assert "nothing: the warehouse holds all that the lake does" in text


def test_it_says_what_to_try_next_in_three_commands(settings: Settings) -> None:
    text = shown(run_screen(REPORT, settings)).partition("Try next")[2]
    assert len([line for line in text.splitlines() if line.startswith("  fondaco ")]) == 3
    # the folder may be long enough to be wrapped
    assert f"fondacoquarantineshow-C{settings.root}" in "".join(text.split())


def test_a_later_run_is_held_against_the_first(settings: Settings) -> None:
    assert "(the first run took 34 s)" in shown(run_screen(dataclasses.replace(REPORT, first_seconds=33.9), settings))
