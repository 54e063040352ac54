"""The live app by itself, without a browser: who logs in as whom sees what is theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fondaco.cli import main
from fondaco.dashboards.app import entry
from fondaco.dashboards.app.draw import csv_of
from fondaco.dashboards.page import Card, Column, Grid
from fondaco.dashboards.pages import PAGES
from fondaco.dashboards.report import told
from fondaco.dashboards.view import view_of
from fondaco.dashboards.viewer import Viewer
from fondaco.governance.admin import admitted
from fondaco.settings import Settings
from fondaco.warehouse import query

ENTRY = str(Path(entry.__file__))


@pytest.fixture
def app(shown: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("sys.argv", ["entry.py", "--config", str(shown.root / "fondaco.yml")])
    return AppTest.from_file(ENTRY, default_timeout=120)


def _enter(app: AppTest, user: str) -> AppTest:
    app.run()
    return app.button(key=f"as_{user}").click().run()


def _said(app: AppTest) -> str:
    """Everything that stands on the page, as text."""
    parts = [str(element.value) for some in (app.markdown, app.caption, app.info, app.warning, app.error, app.title) for element in some]
    tables = [table.value.to_csv() for table in app.dataframe]
    return "\n".join([*parts, *tables, *(f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric)])


def test_nothing_is_shown_before_somebody_logs_in(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert [button.label for button in app.button] == [f"Look as {user}" for user in ("erin", "sam", "ana", "ben", "noor")]
    assert not app.metric


@pytest.mark.parametrize("user", ["erin", "sam", "ana"])
def test_each_figure_of_the_page_is_that_of_the_viewer(app: AppTest, viewers: dict[str, Viewer], user: str) -> None:
    _enter(app, user)
    assert not app.exception
    viewer = viewers[user]
    cards = PAGES["overview"](viewer, view_of({}, viewer.choices())).cards
    expected = [(told(card, "EUR").label, told(card, "EUR").value) for card in cards if isinstance(card, Card)]
    assert [(metric.label, metric.value) for metric in app.metric] == expected
    assert len(expected) == 10


def test_an_analyst_after_an_engineer_sees_nothing_of_the_engineers(app: AppTest, shown: Settings) -> None:
    _enter(app, "erin")
    engineers = [metric.value for metric in app.metric]
    app.button(key="leave").click().run()
    assert not app.metric
    app.button(key="as_ana").click().run()
    assert [metric.value for metric in app.metric][:2] != engineers[:2]
    text = _said(app)
    assert "AT, CH, DE" in text
    for (country,) in query(shown, "select distinct country from gold.daily_sales where country not in ('AT', 'CH', 'DE')").rows:
        assert f",{country}," not in text


def test_a_view_stands_in_the_address(app: AppTest, viewers: dict[str, Viewer]) -> None:
    app.query_params["country"] = "DE"
    app.query_params["period"] = "90d"
    _enter(app, "ana")
    viewer = viewers["ana"]
    card = PAGES["overview"](viewer, view_of({"country": "DE", "period": "90d"}, viewer.choices())).cards[0]
    assert isinstance(card, Card)
    assert app.metric[0].value == told(card, "EUR").value
    app.button(key="clear").click().run()
    assert "country" not in app.query_params
    assert app.metric[0].value != told(card, "EUR").value


def test_a_filter_changes_the_address_and_the_figures(app: AppTest) -> None:
    _enter(app, "erin")
    before = app.metric[0].value
    app.multiselect(key="f_country").set_value(["DE"]).run()
    assert app.query_params["country"] in ("DE", ["DE"])
    assert app.metric[0].value != before
    assert not app.exception


def test_an_old_link_is_told_and_shows_a_page(app: AppTest) -> None:
    app.query_params["country"] = "US"
    app.query_params["period"] = "1999-01-01..1999-02-01"
    _enter(app, "ana")
    assert not app.exception
    assert "the country 'US'" in app.warning[0].value
    assert "the period '1999" in app.warning[0].value
    assert len(app.metric) == 10


def test_who_has_no_country_is_told_what_to_do(app: AppTest) -> None:
    _enter(app, "noor")
    assert not app.exception
    assert "nothing here that you may see" in app.info[0].value
    assert not app.metric


def test_a_server_that_is_away_is_told_and_no_number_stands_there(app: AppTest, shown: Settings) -> None:
    _enter(app, "ana")
    with admitted(shown) as admin:
        admin.execute("alter role ana nologin")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ana'")
        try:
            app.run()
        finally:
            admin.execute("alter role ana login")
    assert not app.exception
    assert not app.metric
    assert "cannot be asked for just now" in app.warning[0].value
    app.run()
    assert len(app.metric) == 10


def test_a_formula_in_a_download_is_text() -> None:
    grid = Grid((Column("name", "Name"), Column("amount", "Amount", "money")), (("=cmd|' /C calc'!A0", -5), ("plain", None)))
    assert csv_of(grid).decode("utf-8-sig") == "name,amount\n'=cmd|' /C calc'!A0,-5\nplain,\n"


def test_the_demo_is_not_shown_to_other_machines(shown: Settings) -> None:
    assert main(["dashboard", "--host", "0.0.0.0", "-q", "-C", str(shown.root)]) == 2


def test_without_a_provider_nobody_gets_in_where_it_is_no_demo(shown: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = (shown.root / "fondaco.yml").read_text(encoding="utf-8").replace("demo: true", "demo: false")
    (shown.root / "real.yml").write_text(config, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["entry.py", "--config", str(shown.root / "real.yml")])
    app = AppTest.from_file(ENTRY, default_timeout=60).run()
    assert not app.exception
    assert "Nobody can log in here yet" in app.warning[0].value
    assert not app.metric
    assert not app.button


def test_a_card_is_asked_as_it_says(viewers: dict[str, Viewer]) -> None:
    viewer = viewers["ana"]
    view = replace(view_of({}, viewer.choices()), channel=("web",))
    card = viewer.card("net_revenue", view)
    assert isinstance(card, Card)
    assert card.asked.where == "channel in ('web')"
