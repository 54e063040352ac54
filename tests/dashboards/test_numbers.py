"""The number on a page is the one that `fondaco metrics query` gives, of what the viewer may see and of nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fondaco.cli import main
from fondaco.dashboards.opening import READ
from fondaco.dashboards.page import Block, Card, Lack, Page
from fondaco.dashboards.pages import PAGES
from fondaco.dashboards.report import told, write
from fondaco.dashboards.trust import trust_of
from fondaco.dashboards.view import View, view_of
from fondaco.dashboards.viewer import NoData, Viewer
from fondaco.errors import UsageError
from fondaco.governance.admin import admitted
from fondaco.governance.session import ExtractSession
from fondaco.job.figures import catalogue
from fondaco.metrics import Asked, Compiler, Shapes, answer
from fondaco.settings import Settings
from fondaco.warehouse import query

Owner = Callable[[Asked], Sequence[Sequence[Any]]]
NOW = datetime(2025, 7, 1, tzinfo=UTC)
QUERIES: tuple[dict[str, str], ...] = ({}, {"period": "month", "compare": "year", "country": "DE,AT", "channel": "web"})


def _pages(viewer: Viewer, query: dict[str, str] | None = None) -> tuple[View, list[Page]]:
    view = view_of(query or {}, viewer.choices())
    return view, [page(viewer, view) for page in PAGES.values()]


def _blocks(pages: list[Page]) -> list[Block | Lack]:
    return [block for page in pages for section in page.sections for block in section.blocks]


@pytest.fixture(scope="module")
def owner(shown: Settings) -> Owner:
    """What `fondaco metrics query` gives to whoever owns the warehouse."""
    found = catalogue(shown)
    compiler = Shapes(Compiler(found.manifest))

    def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        told = query(shown, sql)
        return told.columns, told.rows

    return lambda asked: answer(found, compiler, asked, run).rows


def test_the_command_says_what_the_owner_is_told(shown: Settings, owner: Owner, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "query", "net_revenue", "--json", "-q", "-C", str(shown.root)]) == 0
    said = json.loads(capsys.readouterr().out)["data"]["rows"]
    assert Decimal(said[0][0]) == owner(Asked(["net_revenue"]))[0][0]


@pytest.mark.parametrize("user", ["erin", "sam", "ana"])
@pytest.mark.parametrize("query", QUERIES, ids=["plain", "filtered"])
def test_each_card_is_what_metrics_query_says(owner: Owner, viewers: dict[str, Viewer], user: str, query: dict[str, str]) -> None:
    viewer = viewers[user]
    _, pages = _pages(viewer, query)
    cards = [card for page in pages for card in page.cards]
    assert len(cards) >= 45
    for card in cards:
        assert isinstance(card, Card), card
        asked = card.asked
        if not viewer.plan.all_rows(viewer.role) and "country" in {each.name for each in card.metric.dimensions}:
            # the owner sees everything, and so asks for hers alone
            hers = "country in ('" + "', '".join(viewer.plan.countries(user)) + "')"
            asked = replace(asked, where=f"({asked.where}) and {hers}" if asked.where else hers)
        found = owner(asked)
        expected = found[0][-1] if found else None
        assert _same(card.value, expected), (card.metric.name, card.value, expected)


def _same(value: object, expected: object) -> bool:
    if value is None or expected is None:
        return value is expected
    if isinstance(value, float) or isinstance(expected, float):
        return float(str(value)) == pytest.approx(float(str(expected)), rel=1e-12)
    return Decimal(str(value)) == Decimal(str(expected))


def test_an_analyst_sees_less_and_a_scientist_sees_no_person(viewers: dict[str, Viewer]) -> None:
    revenue = {user: _pages(viewers[user])[1][0].cards[0] for user in ("erin", "sam", "ana")}
    values = {user: card.value for user, card in revenue.items() if isinstance(card, Card)}
    assert values["erin"] == values["sam"] > values["ana"] > 0


def test_every_block_is_there_for_the_engineer_and_draws(viewers: dict[str, Viewer]) -> None:
    from fondaco.dashboards.looks import DARK, LIGHT

    blocks = _blocks(_pages(viewers["erin"], {"period": "90d"})[1])
    lacking = [block.title for block in blocks if isinstance(block, Lack) and block.kind != "empty"]
    assert lacking == []
    shown = [block for block in blocks if isinstance(block, Block)]
    assert len(shown) >= 35
    for block in shown:
        assert block.says
        assert all(len(row) == len(block.grid.columns) for row in block.grid.rows)
        if block.draw is not None:
            for look in (LIGHT, DARK):
                # held to Vega-Lite's schema
                block.draw(look).to_dict()
        if block.drill is not None:
            block.drill.rows(0)


def test_a_stage_of_the_funnel_is_a_part_of_the_one_before(viewers: dict[str, Viewer]) -> None:
    (funnel,) = (
        block for block in _blocks(_pages(viewers["erin"])[1]) if isinstance(block, Block) and block.title.startswith("From the order")
    )
    counts = funnel.grid.column("orders")
    assert counts == sorted(counts, reverse=True)


def test_the_sum_of_a_breakdown_is_the_card(viewers: dict[str, Viewer]) -> None:
    (overview, *_) = _pages(viewers["ana"])[1]
    card = overview.cards[0]
    assert isinstance(card, Card)
    for block in overview.sections[0].blocks:
        assert isinstance(block, Block)
        assert sum(block.grid.column(block.grid.columns[1].name)) == card.value


def test_an_extract_answers_as_the_server_does(shown: Settings, viewers: dict[str, Viewer]) -> None:
    served = viewers["ana"]
    found = catalogue(shown)
    session = ExtractSession(shown, served.plan, "ana", READ)
    local = replace(served, session=session, compiler=Shapes(Compiler(found.manifest, "duckdb")), _choices=[])
    try:
        ours, theirs = _pages(local), _pages(served)
        for one, other in zip(ours[1], theirs[1], strict=True):
            for card, same in zip(one.cards, other.cards, strict=True):
                assert isinstance(card, Card)
                assert isinstance(same, Card)
                assert (card.metric.name, _same(card.value, same.value)) == (same.metric.name, True)
        for block, twin in zip(_blocks(ours[1]), _blocks(theirs[1]), strict=True):
            assert (block.title, type(block)) == (twin.title, type(twin))
            if isinstance(block, Block) and isinstance(twin, Block):
                assert len(block.grid.rows) == len(twin.grid.rows), block.title
    finally:
        session.close()


def test_whoever_has_no_country_is_told_so_and_sees_no_number(viewers: dict[str, Viewer], shown: Settings, tmp_path: Path) -> None:
    with pytest.raises(NoData, match="nothing here that you may see"):
        viewers["noor"].choices()
    assert main(["report", "--as", "noor", "-o", str(tmp_path / "noor.html"), "-q", "-C", str(shown.root)]) == 1
    assert not (tmp_path / "noor.html").exists()


def test_what_a_role_does_not_read_names_the_roles_that_do(viewers: dict[str, Viewer]) -> None:
    lacking = {block.title: block for block in _blocks(_pages(viewers["ana"])[1]) if isinstance(block, Lack) and block.kind == "forbidden"}
    assert "DATA_ENGINEER" in lacking["Things in the shop that cannot be right"].do


def test_a_mart_that_is_missing_takes_its_own_place_alone(shown: Settings, viewers: dict[str, Viewer]) -> None:
    with admitted(shown) as admin:
        admin.execute("alter view gold.parcels rename to parcels_away")
        try:
            view = view_of({}, viewers["ana"].choices())
            page = PAGES["delivery"](viewers["ana"], view)
        finally:
            admin.execute("alter view gold.parcels_away rename to parcels")
    assert {block.kind for block in page.sections[0].blocks if isinstance(block, Lack)} == {"missing"}
    assert [card.kind for card in page.cards if isinstance(card, Lack)] == ["missing"] * 4
    assert isinstance(page.cards[-1], Card)


def test_a_server_that_was_started_anew_is_asked_again(shown: Settings, viewers: dict[str, Viewer]) -> None:
    viewer = viewers["ana"]
    before = viewer.ask("select sum(net_revenue) from gold.daily_sales").rows
    with admitted(shown) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ana'")
    assert viewer.ask("select sum(net_revenue) from gold.daily_sales").rows == before


def test_the_report_of_an_analyst_is_hers_and_reaches_for_nothing(shown: Settings, viewers: dict[str, Viewer], tmp_path: Path) -> None:
    viewer = viewers["ana"]
    written = write(viewer, shown, {}, tmp_path / "ana.html", NOW)
    text = (tmp_path / "ana.html").read_text(encoding="utf-8")
    assert written.sees == "AT, CH, DE"
    assert not re.search(r"<script|\bsrc=|<link|<iframe|@import|url\((?!#)|javascript:|\son\w+=", text)
    assert set(re.findall(r'https?://[^\s"<)]+', text)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    for person in query(shown, "select email, phone, first_name, last_name from silver.dim_customers").rows:
        for value in person[:2]:
            assert value is None or value not in text
        assert f">{person[3]}<" not in text
    assert "***" in text
    # what a card says stands there, and leads to its definition
    for page in _pages(viewer)[1]:
        for card in page.cards:
            assert isinstance(card, Card)
            said = told(card, "EUR")
            assert f'data-metric="{said.name}"' in text
            assert f'id="metric-{said.name}"' in text
            assert said.value in text
    assert not re.search(r"href=\"#metric-([a-z0-9_]+)\"(?![\s\S]*id=\"metric-\1\")", text)


def test_the_report_of_an_engineer_names_people(shown: Settings, viewers: dict[str, Viewer], tmp_path: Path) -> None:
    write(viewers["erin"], shown, {"period": "12m"}, tmp_path / "erin.html", NOW)
    text = (tmp_path / "erin.html").read_text(encoding="utf-8")
    emails = [
        row[0] for row in query(shown, "select email from gold.customers where email is not null order by net_revenue desc limit 5").rows
    ]
    assert all(email in text for email in emails)


def test_a_digest_is_short(shown: Settings, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "digest.html"
    assert main(["report", "--as", "ana", "--digest", "week", "-o", str(out), "-q", "-C", str(shown.root)]) == 0
    text = out.read_text(encoding="utf-8")
    assert 'id="overview"' in text
    assert 'id="delivery"' not in text


def test_a_value_that_is_not_there_is_refused_by_name(shown: Settings, viewers: dict[str, Viewer], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the country 'US'"):
        write(viewers["ana"], shown, {"country": "US"}, tmp_path / "none.html", NOW)
    assert main(["report", "--as", "anna", "-q", "-C", str(shown.root)]) == 2
    assert main(["report", "--digest", "year", "-q", "-C", str(shown.root)]) == 2


def test_the_strip_says_how_far_to_trust(shown: Settings, viewers: dict[str, Viewer]) -> None:
    told = trust_of(shown, viewers["ana"], datetime(2100, 1, 1, tzinfo=UTC))
    assert told.stale is not None
    assert told.stale.endswith("days")
    assert (told.failing, told.running, told.sees) == (None, False, "AT, CH, DE")
    assert dict(told.strip())["Checks"] == "all passed"
