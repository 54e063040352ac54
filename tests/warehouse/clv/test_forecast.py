"""From purchase days to forecasts: what is counted of a customer, what is held out, and when nothing is said."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from fondaco.errors import ConfigError
from fondaco.settings import load_settings
from fondaco.warehouse import project
from fondaco.warehouse.clv import bgnbd, fitted, forecast, gammagamma, predicted

START, LAST = date(2024, 1, 1), date(2024, 12, 31)


@dataclass(frozen=True)
class Day:
    """A row of int_customers__purchase_days."""

    customer: str
    day: date
    amount: float
    is_kept: bool = True


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def _relation(connection: duckdb.DuckDBPyConnection, days: Iterable[Day]) -> duckdb.DuckDBPyRelation:
    rows = [{"customer_key": each.customer, "ordered_date": each.day, "kept_amount": each.amount, "is_kept": each.is_kept} for each in days]
    return connection.from_arrow(pa.Table.from_pylist(rows)).project("* replace (cast(kept_amount as decimal(18, 4)) as kept_amount)")


def _shop(customers: int = 400, seed: int = 5) -> list[Day]:
    """Customers who buy at rates of their own and leave."""
    chance = random.Random(seed)
    days = {}
    for number in range(customers):
        first = START + timedelta(days=chance.randrange(250))
        rate, leave, worth = chance.gammavariate(0.8, 1 / 30), chance.betavariate(1, 4), chance.gammavariate(4, 20)
        day = first
        while day <= LAST:
            days[f"shop:{number}", day] = Day(f"shop:{number}", day, round(worth * chance.gammavariate(5, 0.2), 2) + 0.01)
            if chance.random() < leave:
                break
            day += timedelta(days=int(chance.expovariate(rate)) + 1) if rate > 1e-4 else timedelta(days=10_000)
    return list(days.values())


def test_what_is_counted_of_a_customer_are_repeat_purchases_and_their_mean(connection: duckdb.DuckDBPyConnection) -> None:
    days = [
        Day("once", date(2024, 3, 4), 80),
        Day("thrice", date(2024, 1, 1), 100),
        Day("thrice", date(2024, 1, 15), 30),
        Day("thrice", date(2024, 2, 12), 50),
        Day("thrice", date(2024, 12, 1), 70),
        Day("back", date(2024, 1, 8), 10),
        Day("back", date(2024, 2, 8), 99, is_kept=False),
        Day("late", date(2024, 10, 1), 20),
    ]
    found = forecast._customers(_relation(connection, days), date(2024, 3, 11))
    figures = zip(found.keys, found.x, found.recency, found.age, found.mean, found.later, found.later_value, strict=True)
    assert list(figures) == [
        # a purchase that was refunded in full is none, and who first came after the cut is not known yet
        ("back", 0, 0, 9, 0, 0, 0),
        ("once", 0, 0, 1, 0, 0, 0),
        # the first purchase is no repeat, and its value not one of a repeat; weeks since it
        ("thrice", 2, 6, 10, 40, 1, 70),
    ]
    assert found.repeaters.tolist() == [False, False, True]


def test_a_forecast_is_that_of_the_two_models(connection: duckdb.DuckDBPyConnection) -> None:
    days = _relation(connection, _shop())
    fit = fitted(days, LAST)
    (row,) = fit.to_pylist()
    assert row["reason"] is None
    customers = forecast._customers(days, LAST)
    assert (row["customers"], row["repeat_customers"]) == (len(customers.keys), int(customers.repeaters.sum()))
    purchases = bgnbd.BgNbd(row["r"], row["alpha"], row["a"], row["b"])
    value = gammagamma.GammaGamma(row["p"], row["q"], row["v"])
    expected = purchases.expected(365 / 7, customers.x, customers.recency, customers.age)
    worth = value.expected(customers.x, customers.mean)
    alive = purchases.p_alive(customers.x, customers.recency, customers.age)
    found = predicted(days, connection.from_arrow(fit)).to_pydict()
    assert found["customer_key"] == sorted({day.customer for day in _shop()})
    assert found["purchases_12m"] == pytest.approx(expected, abs=1e-6)
    assert found["clv_12m"] == pytest.approx(expected * worth, abs=1e-6)
    assert found["p_alive"] == pytest.approx(alive, abs=1e-6)
    assert min(found["p_alive"]) > 0 and max(found["p_alive"]) <= 1


def test_the_error_is_of_days_that_the_forecast_did_not_know(connection: duckdb.DuckDBPyConnection) -> None:
    shop = _shop()
    (row,) = fitted(_relation(connection, shop), LAST).to_pylist()
    first = min(day.day for day in shop)
    length = (LAST - first).days // 3
    cut = LAST - timedelta(days=length)
    assert (row["holdout_days"], row["holdout_from"]) == (length, cut + timedelta(days=1))
    known = [day for day in shop if day.day <= cut]
    # what was forecast is what a fit of the days before alone forecasts
    before = _relation(connection, known)
    (earlier,) = fitted(before, cut).to_pylist()
    model = forecast.Model(
        bgnbd.BgNbd(*(earlier[name] for name in ("r", "alpha", "a", "b"))),
        gammagamma.GammaGamma(*(earlier[name] for name in ("p", "q", "v"))),
    )
    customers = forecast._customers(before, cut)
    purchases, value = model.forecast(customers, length)
    later = {key: [day for day in shop if day.customer == key and day.day > cut] for key in customers.keys}
    actual = np.array([len(later[key]) for key in customers.keys])
    brought = np.array([sum(day.amount for day in later[key]) for key in customers.keys])
    # who came on the last day has no pace yet
    as_before = np.where(customers.age > 0, customers.x * length / 7 / np.maximum(customers.age, 1e-9), 0)
    assert row["holdout_customers"] == len(customers.keys)
    assert (row["actual_purchases"], row["actual_value"]) == (actual.sum(), pytest.approx(brought.sum()))
    assert row["predicted_purchases"] == pytest.approx(purchases.sum(), rel=1e-5)
    assert row["predicted_value"] == pytest.approx(value.sum(), rel=1e-5)
    assert row["purchases_error"] == pytest.approx(np.abs(purchases - actual).mean(), rel=1e-5)
    assert row["value_error"] == pytest.approx(np.abs(value - brought).mean(), rel=1e-5)
    assert row["naive_purchases_error"] == pytest.approx(np.abs(as_before - actual).mean(), rel=1e-5)
    assert row["naive_value_error"] == pytest.approx(np.abs(as_before * customers.mean - brought).mean(), rel=1e-5)
    # customers who leave are what going on as before does not know
    assert row["purchases_error"] < row["naive_purchases_error"]


def test_the_same_days_in_any_order_give_the_same_rows(connection: duckdb.DuckDBPyConnection) -> None:
    shop = _shop(200)
    one = fitted(_relation(connection, shop), LAST)
    random.Random(1).shuffle(shop)
    assert fitted(_relation(connection, shop), LAST).equals(one)
    assert one.to_pylist()[0]["reason"] is None


def test_of_few_who_came_back_nothing_is_said_but_why(connection: duckdb.DuckDBPyConnection) -> None:
    days = _relation(connection, _shop(20))
    fit = fitted(days, LAST)
    (row,) = fit.to_pylist()
    assert "are needed" in row["reason"]
    assert row["customers"] == 20 and row["r"] is None and row["holdout_days"] is None
    assert predicted(days, connection.from_arrow(fit)).num_rows == 0


def test_a_shop_without_a_day_of_trade_has_no_row(connection: duckdb.DuckDBPyConnection) -> None:
    days = _relation(connection, [Day("one", START, 1)])
    assert fitted(days, None).num_rows == 0
    assert predicted(days, connection.from_arrow(fitted(days, None))).num_rows == 0


def test_where_too_little_was_before_the_days_held_out_there_are_parameters_and_a_reason(connection: duckdb.DuckDBPyConnection) -> None:
    # all of them come back in the last third
    days = [Day(f"shop:{n:03}", START + timedelta(days=n), 10 + n) for n in range(100)]
    days += [Day(f"shop:{n:03}", LAST - timedelta(days=n), 20 + n) for n in range(100)]
    (row,) = fitted(_relation(connection, days), LAST).to_pylist()
    assert row["r"] is not None
    assert "nothing could be held out" in row["reason"]
    assert row["purchases_error"] is None


def test_the_setting_without_scipy_is_refused_with_what_to_install(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "version: 1\nproject: x\nsources:\n  shop: {type: demo}\nrules: {predict_clv: true}\ndemo: true\n"
    (tmp_path / "fondaco.yml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path, None, {})
    project.require_extras(settings)
    monkeypatch.setattr(project, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs SciPy") as caught:
        project.require_extras(settings)
    assert "fondaco[clv]" in (caught.value.hint or "")
