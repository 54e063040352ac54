"""Figures as a user of the policy sees them: of her rows alone, by the server and by an extract, and the same by both."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.cli import main
from fondaco.errors import Refused, UsageError
from fondaco.governance.server import server_of, start, stop
from fondaco.governance.serving import refresh
from fondaco.job.figures import ask, asking
from fondaco.metrics import Asked, Metric
from fondaco.settings import Settings, load_settings
from tests.metrics.conftest import Known
from tests.servers import free_port

#: Of ana's group, in policy/entitlements.csv.
HERS = {"DE", "AT", "CH"}


def test_an_analysts_figure_is_that_of_her_countries(known: Known) -> None:
    whole = known.figures("net_revenue", by=["country"])
    assert set(whole) > HERS
    hers = ask(known.shop.settings, Asked(["net_revenue"], by=["country"]), "ana")
    assert dict(hers.rows) == {country: figure for country, figure in whole.items() if country in HERS}
    ((total,),) = ask(known.shop.settings, Asked(["net_revenue"]), "ana").rows
    assert total == sum(figure for country, figure in whole.items() if country in HERS)


def test_a_figure_of_rows_that_she_does_not_read_is_refused_before_any_is_reckoned(known: Known) -> None:
    with pytest.raises(
        Refused, match="ana may not see days_to_refund: it is reckoned from silver.fact_refunds, which DATA_ANALYST does not"
    ):
        ask(known.shop.settings, Asked(["net_revenue", "days_to_refund"]), "ana")


def test_the_command_says_as_whom_and_refuses_who_is_no_user(known: Known, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["metrics", "query", "orders", "--by", "country", "-C", str(known.shop.root), "--json"]
    assert main([*words, "--as", "noor"]) == 0
    told = json.loads(capsys.readouterr().out)["data"]
    assert (told["as"], told["rows"]) == ("noor", [])
    assert main([*words, "--as", "anna"]) == 2
    assert "did you mean 'ana'" in capsys.readouterr().err
    assert main([*words, "--as", "ana", "--as-known-at", "2025-02-01"]) == 2


@pytest.fixture(scope="module")
def served(known: Known) -> Iterator[Settings]:
    """The same shop on the server that people ask."""
    # the server's account must be able to enter, which pytest's own folders do not allow
    folder = Path(tempfile.mkdtemp(prefix="fondaco-figures-"))
    folder.chmod(0o755)
    told = {"FONDACO_SERVE__PATH": str(folder / "serve"), "FONDACO_SERVE__PORT": str(free_port())}
    settings = load_settings(known.shop.root, None, told)
    server = server_of(settings)
    try:
        start(server)
        refresh(settings)
        yield settings
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_the_server_reckons_every_metric_as_the_warehouse_does(known: Known, served: Settings) -> None:
    by_server = asking(served, "sam")
    for metric in known.catalogue.metrics.values():
        for asked in () if metric.needs else _ways(metric):
            found, expected = by_server(Asked([metric.name], **asked)), known.ask(metric.name, **asked)
            assert [*map(_plain, found.rows)] == [*map(_plain, expected.rows)], (metric.name, asked)
    by_month = Asked(["net_revenue", "orders"], grain="month", where="country in ('DE', 'FR') and customer_type <> 'guest'")
    assert asking(served, "ana")(by_month).rows == asking(served, "ana", extract=True)(by_month).rows != ()


def _ways(metric: Metric) -> list[dict[str, Any]]:
    """Split by what it must be, by one dimension more, by its longest span of time."""
    more = [each.name for each in metric.dimensions if each.kind == "categorical" and each.name not in metric.by]
    ways: list[dict[str, Any]] = [{"by": metric.by}, *({"by": (*metric.by, name)} for name in more[:1])]
    return [*ways, {"by": metric.by, "grain": metric.grains[-1]}] if metric.grains else ways


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A ratio to the ninth digit, and of its own kind; amounts and counts as they are."""
    return tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row)


@pytest.mark.slow
def test_what_is_not_a_users_is_refused_at_the_server_too(served: Settings) -> None:
    with pytest.raises(Refused, match="days_to_refund"):
        ask(served, Asked(["days_to_refund"]), "ana")
    with pytest.raises(UsageError, match="did you mean 'ana'"):
        ask(served, Asked(["orders"]), "anna")
