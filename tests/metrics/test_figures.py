"""Every metric of the glossary against the truth of the simulated shop, which is reckoned in plain Python from its diary."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondaco.cli import main
from fondaco.errors import DeclarationError, UsageError
from fondaco.job.figures import catalogue
from fondaco.metrics import Dimension
from fondaco.sources.demo.marts.figures import Row, Rows
from fondaco.warehouse import semantic
from tests.metrics.conftest import Known
from tests.metrics.glossary import CLASSES, FORECASTS, GLOSSARY, OF_THE_LAKE, UNANSWERED

#: In a shop as small as this one no two products share twenty orders, and no price change has ten units on either side.
TOO_SMALL = frozenset(
    {"basket_support", "basket_confidence", "basket_lift", "price_change_impact", "price_change_net_impact", "price_elasticity"}
)
#: Those that say something without being split first.
WHOLE = [name for name in GLOSSARY if name not in ("retention", "cumulative_ltv", "provider_share") and not name.startswith("basket_")]


def _same(found: Any, expected: Any) -> bool:
    """Amounts and counts to the last digit; a ratio, which is a float, to the ninth."""
    if isinstance(expected, float) or isinstance(found, float):
        return found is not None and expected is not None and abs(float(found) - float(expected)) < 1e-9
    return bool(found == expected)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, Rows]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def test_every_metric_of_the_glossary_is_defined_once_and_no_other(known: Known) -> None:
    assert set(known.catalogue.metrics) == {*GLOSSARY, *CLASSES, *FORECASTS, *OF_THE_LAKE, *UNANSWERED}


@pytest.mark.parametrize("name", WHOLE)
def test_a_metric_of_the_whole_time_is_the_truth(known: Known, name: str) -> None:
    formula = GLOSSARY[name]
    expected = formula.reckon(known.rows[formula.mart])
    assert _same(known.figure(name), expected), (known.figure(name), expected)
    assert expected is not None or name in TOO_SMALL


@pytest.mark.parametrize("name", [name for name in GLOSSARY if name != "provider_share" and not name.startswith("basket_")])
def test_a_metric_by_each_of_its_dimensions_is_the_truth(known: Known, name: str) -> None:
    formula, metric = GLOSSARY[name], known.catalogue.metric(name)
    for dimension in _own(metric.dimensions):
        by = tuple(dict.fromkeys((dimension, *metric.by)))
        expected = {key: formula.reckon(rows) for key, rows in _by(known.rows[formula.mart], by).items()}
        found = {row[:-1]: row[-1] for row in known.ask(name, by=by).rows}
        assert found.keys() == expected.keys(), dimension
        assert [(key, found[key], expected[key]) for key in expected if not _same(found[key], expected[key])] == [], dimension


def test_a_providers_share_is_of_all_providers_of_the_month(known: Known) -> None:
    captured = GLOSSARY["provider_share"].reckon
    rows = known.rows["payment_performance"]
    months = {month: captured(theirs) for month, theirs in _grouped(rows, lambda row: row["business_date"].replace(day=1)).items()}
    groups = _grouped(rows, lambda row: (row["business_date"].replace(day=1), row["provider"]))
    found = {row[:-1]: row[-1] for row in known.ask("provider_share", by=["provider"], grain="month").rows}
    assert found.keys() == groups.keys()
    assert all(abs(found[key] - float(captured(theirs) / months[key[0]])) < 1e-9 for key, theirs in groups.items())


def _by(rows: Rows, names: Iterable[str]) -> dict[Any, Rows]:
    return _grouped(rows, lambda row: tuple(row[name] for name in names))


def _own(dimensions: Iterable[Dimension]) -> list[str]:
    """The columns of the metric's own mart that it can be asked by."""
    return [each.name for each in dimensions if each.kind == "categorical" and "__" not in each.name]


@pytest.mark.parametrize("name", [name for name in WHOLE if GLOSSARY[name].time is not None and name not in TOO_SMALL])
def test_a_metric_by_spans_of_time_is_the_truth(known: Known, name: str) -> None:
    formula, grain = GLOSSARY[name], "quarter" if name in ("net_revenue", "aov", "commission") else "month"
    groups = _grouped(known.rows[formula.mart], lambda row: _begin(row[formula.time or ""], grain))
    expected = {key: formula.reckon(group) for key, group in groups.items() if key is not None}
    found = known.figures(name, grain=grain)
    assert found.keys() == expected.keys()
    assert [(key, found[key], expected[key]) for key in expected if not _same(found[key], expected[key])] == []


def _begin(day: date | None, grain: str) -> date | None:
    return None if day is None else day.replace(day=1, month=day.month if grain == "month" else (day.month - 1) // 3 * 3 + 1)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_answered_by_what_is_in_it(known: Known, name: str) -> None:
    mart, key = CLASSES[name]
    expected = {value: len({row[key] for row in rows}) for value, rows in _grouped(known.rows[mart], lambda row: row[name]).items()}
    assert known.figures(name) == expected


@pytest.mark.parametrize("name", [name for name, formula in GLOSSARY.items() if formula.adds_up])
def test_what_adds_up_adds_up_over_every_dimension_and_every_day(known: Known, name: str) -> None:
    metric = known.catalogue.metric(name)
    whole = known.figure(name)
    for each in _own(metric.dimensions):
        assert sum(known.figures(name, by=[each]).values(), Decimal(0)) == whole, each
    for grain in metric.grains:
        assert sum(known.figures(name, grain=grain).values(), Decimal(0)) == whole, grain


def test_net_revenue_is_gross_sales_less_discounts_returns_and_cancellations_in_every_month_and_country(known: Known) -> None:
    names = ("net_revenue", "gross_sales", "discounts", "returns", "cancellations", "shipping_revenue", "taxes", "total_sales")
    rows = known.ask(*names, by=["country"], grain="month").rows
    assert len(rows) > 10
    for _, _, net, gross, discounts, returns, cancellations, shipping, taxes, total in rows:
        assert net == gross - discounts - returns - cancellations
        assert total == net + shipping + taxes


def test_counts_of_orders_are_those_of_daily_sales(known: Known) -> None:
    names = ("orders_booked", "orders", "units", "new_customers")
    (found,) = known.ask(*names).rows
    assert found == tuple(sum(row[name] for row in known.rows["daily_sales"]) for name in names)


def test_a_week_is_the_shops_own(known: Known) -> None:
    """It begins on Sunday here, by business.week_start; the engine's own begins on Monday."""
    groups = _grouped(known.rows["daily_sales"], lambda row: row["business_date"] - timedelta(days=row["business_date"].isoweekday() % 7))
    expected = {week: sum((row["net_revenue"] for row in rows), Decimal(0)) for week, rows in groups.items()}
    assert known.figures("net_revenue", grain="week") == expected
    assert {week.isoweekday() for week in expected} == {7}


def test_from_the_first_to_the_last_day_both_are_counted(known: Known) -> None:
    first, last = date(2025, 2, 3), date(2025, 3, 9)
    rows = [row for row in known.rows["daily_sales"] if first <= row["business_date"] <= last]
    assert known.figure("net_revenue", since=first, until=last) == sum((row["net_revenue"] for row in rows), Decimal(0))
    days = known.figures("net_revenue", since=first, until=last, grain="day")
    assert (min(days), max(days)) == (first, last)


def test_a_condition_leaves_the_rest_out(known: Known) -> None:
    rows = [row for row in known.rows["orders"] if row["country"] in ("DE", "FR") and not row["is_guest"] and row["is_valid"]]
    assert known.figure("orders", where="country in ('DE', 'FR') and not is_guest") == len(rows) > 0


def test_the_value_to_come_is_the_mean_over_customers_of_whom_there_is_a_forecast(known: Known) -> None:
    rows = known.connection.execute("select rfm_segment, clv_12m from gold.customers where clv_12m is not null").fetchall()
    groups = _grouped([{"segment": segment, "value": value} for segment, value in rows], lambda row: row["segment"])
    found = known.figures("clv_predicted", by=["rfm_segment"])
    assert len(groups) > 5
    for segment, theirs in groups.items():
        assert abs(found[segment] - sum(row["value"] for row in theirs) / len(theirs)) < Decimal("0.0001")
    assert found["Prospect"] is None


def test_a_metric_of_orders_can_be_asked_by_what_their_customers_are(known: Known) -> None:
    segments = {row["customer_key"]: row["rfm_segment"] for row in known.rows["customers"]}
    groups = _grouped(known.rows["orders"], lambda row: segments.get(row["customer_key"]))
    expected = {segment: sum(row["is_valid"] for row in rows) for segment, rows in groups.items()}
    assert known.figures("orders", by=["rfm_segment"]) == expected == known.figures("orders", by=["customer.rfm_segment"])


def test_a_refund_can_be_asked_by_product(known: Known) -> None:
    groups = _grouped(known.rows["refund_lines"], lambda row: row["product"])
    expected = {product: GLOSSARY["days_to_refund"].reckon(rows) for product, rows in groups.items()}
    assert known.figures("days_to_refund", by=["product"]) == expected


def test_metrics_of_several_marts_stand_side_by_side(known: Known) -> None:
    found = known.ask("net_revenue", "aov", "payment_attempts", by=["country"])
    assert found.columns == ("country", "net_revenue", "aov", "payment_attempts")
    for place, name in enumerate(("net_revenue", "aov", "payment_attempts"), start=1):
        alone = known.figures(name, by=["country"])
        assert {row[0]: row[place] for row in found.rows if row[0] in alone} == alone


def _made(known: Known, statements: Iterable[str]) -> Iterator[Known]:
    """The same definitions over tables that are made by hand."""
    with duckdb.connect() as connection:
        for statement in ("create schema gold", *statements):
            connection.execute(statement)
        yield replace(known, connection=connection)


@pytest.fixture(scope="module")
def by_hand(known: Known) -> Iterator[Known]:
    yield from _made(
        known,
        (
            """
            create table gold.product_affinity as select * from (values
                ('a', 'b', 90, 200, 50, 40, 20, date '2025-06-30'),
                ('b', 'a', 90, 200, 40, 50, 20, date '2025-06-30'),
                ('a', 'b', 365, 1000, 100, 80, 24, date '2025-06-30')
            ) as rows (product_key, other_product_key, window_days, orders_in_window, product_orders, other_product_orders, pair_orders,
                window_end)
            """,
            """
            create table gold.price_changes as select * from (values
                ('a', 'Lamp', 'EUR', date '2025-03-03', 40.0, 400.00, 20.0, 220.00, false, -7.0),
                ('b', 'Chair', 'EUR', date '2025-03-20', 10.0, 100.00, 20.0, 180.00, false, -3.0),
                ('c', 'Rug', 'EUR', date '2025-04-01', 90.0, 900.00, null, null, true, null)
            ) as rows (product_key, product_name, currency, changed_date, before_units, before_amount, after_units, after_amount,
                is_confounded, elasticity)
            """,
        ),
    )


def test_pairs_of_products_by_hand(by_hand: Known) -> None:
    by = ("product", "other_product", "window_days")
    found = {row[:3]: row[3:] for row in by_hand.ask("basket_support", "basket_confidence", "basket_lift", by=by).rows}
    assert found[("a", "b", 90)] == pytest.approx((20 / 200, 20 / 50, (20 / 200) / ((50 / 200) * (40 / 200))))
    assert found[("b", "a", 90)] == pytest.approx((20 / 200, 20 / 40, 2.0))
    assert found[("a", "b", 365)] == pytest.approx((0.024, 0.24, 3.0))


def test_price_changes_by_hand_leave_out_what_is_confounded(by_hand: Known) -> None:
    (found,) = by_hand.ask("price_change_impact", "price_change_net_impact", "price_elasticity").rows
    assert found == pytest.approx((40 / 50, 400 / 500, -5.0))
    assert by_hand.figures("price_change_impact", by=["product_name"]) == {"Lamp": 0.5, "Chair": 2.0, "Rug": None}


def test_freshness_is_the_time_from_the_shops_last_word_to_its_landing_by_table(known: Known) -> None:
    landed = {commit.table: datetime.fromisoformat(commit.committed_at) for commit in known.shop.lake.commits()}
    with closing(sqlite3.connect(known.shop.root / ".fondaco" / "shop.sqlite")) as tables:
        last = {
            table: datetime.fromisoformat(tables.execute(f"select max(updated_at) from {table}").fetchone()[0]).replace(tzinfo=UTC)
            for table in landed
            if table != "order_items"  # lines have no time of their own
        }
    expected = {table: int((landed[table] - at).total_seconds()) / 3600 for table, at in last.items()}
    found = known.figures("freshness", by=["entity"])
    assert found.pop("order_items") is None
    assert found == pytest.approx(expected, abs=1.01 / 3600)
    assert known.figure("freshness") == max(found.values())


def test_every_row_that_was_read_is_accounted_for(known: Known) -> None:
    assert set(known.figures("row_reconciliation", by=["entity"]).values()) == {0}


def test_of_several_tables_and_days_the_worst_freshness_and_every_lost_row_count(known: Known) -> None:
    rows = """
        create table gold.data_health as select * from (values
            ('a', 'orders', date '2025-06-01', 7200, 1), ('a', 'orders', date '2025-06-02', 3600, -1),
            ('a', 'lines', date '2025-06-02', null, 3), ('b', 'orders', date '2025-07-01', 10800, 0)
        ) as rows (source_name, entity, run_date, seconds_behind, difference)
    """
    for made in _made(known, [rows]):
        assert made.ask("freshness", "row_reconciliation").rows == ((3.0, 3),)
        assert made.figures("freshness", by=["source_name"]) == {"a": 2.0, "b": 3.0}
        assert made.figures("row_reconciliation", grain="month") == {date(2025, 6, 1): 3, date(2025, 7, 1): 0}
        assert made.figure("freshness", since=date(2025, 6, 2), until=date(2025, 6, 2)) == 1.0


WRONG = [
    (("net_revnue",), {}, "no metric 'net_revnue' (did you mean 'net_revenue'?)", "fondaco metrics list"),
    (("net_revenue",), {"by": ["cuntry"]}, "cannot be asked by 'cuntry' (did you mean 'country'?)", "country, channel"),
    (("net_revenue", "aov"), {"by": ["coupon_code"]}, "net_revenue cannot be asked by 'coupon_code'", "customer_type"),
    (("net_revenue",), {"by": ["month"]}, "month is a span of time", "--grain month"),
    (("net_revenue",), {"grain": "mont"}, "no span of time 'mont' (did you mean 'month'?)", "day|week|month"),
    (("commission",), {"grain": "week"}, "counted by month, not by week", "month|quarter|year"),
    (("commission",), {"since": date(2025, 3, 4)}, "--since 2025-03-04 is in one", "--since 2025-03-01"),
    (("commission",), {"until": date(2025, 2, 27)}, "--until 2025-02-27 is in one", "--until 2025-02-28"),
    (("net_revenue",), {"since": date(2025, 3, 4), "until": date(2025, 3, 3)}, "is before --since", "both days"),
    (("customers",), {"grain": "month"}, "customers has no days", "--as-known-at"),
    (("retention",), {}, "says nothing without month_number", "--by month_number"),
    (("basket_lift",), {"by": ["product"]}, "without other_product and window_days", "--by other_product --by window_days"),
    (("provider_share",), {"by": ["provider"], "where": "provider = 'adyen'"}, "a share of all by provider", "--by provider"),
    (("sell_through",), {}, "needs stock on hand", "explain sell_through"),
    (("orders",), {"where": "contry = 'DE'"}, "cannot be asked by 'contry' (did you mean 'country'?)", "country"),
]


@pytest.mark.parametrize(("names", "asked", "message", "hint"), WRONG)
def test_what_cannot_be_asked_is_refused_with_the_next_step(
    known: Known, names: tuple[str, ...], asked: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        known.ask(*names, **asked)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_month_pins_retention_as_well_as_a_split_does(known: Known) -> None:
    assert known.figure("retention", where="month_number = 1") == known.figures("retention", by=["month_number"])[1]


def test_every_metric_says_its_unit_owner_good_direction_and_edge_cases_in_known_words(known: Known) -> None:
    for metric in known.catalogue.metrics.values():
        assert metric.unit in {"money", "count", "units", "share", "ratio", "days", "hours", "class"}, metric.name
        assert metric.good in {"up", "down", "neither"}, metric.name
        assert metric.owner in {"sales", "customers", "products", "resellers", "service", "marketing", "quality"}, metric.name
        assert metric.formula.endswith(".") and metric.caveat.endswith("."), metric.name
        assert {name for name in (*metric.by, metric.share_of_all) if name} <= {each.name for each in metric.dimensions}, metric.name


def test_the_glossary_is_what_the_definitions_say(known: Known, repo: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_docs", repo / "docs/make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (repo / "docs/glossary.md").read_text(encoding="utf-8") == module.glossary(known.catalogue), "run: make docs"


def test_a_figure_of_the_command_line_is_that_of_the_glossary(known: Known) -> None:
    told = known.shop.call("metrics", "query", "net_revenue", "aov", "--by", "country,channel", "--grain", "month", "--limit", "0")
    assert told.exit_code == 0
    found = known.ask("net_revenue", "aov", by=["country", "channel"], grain="month")
    assert told.data["columns"] == ["month", "country", "channel", "net_revenue", "aov"] == list(found.columns)
    assert [tuple(row) for row in told.data["rows"]] == [
        tuple(str(value) if isinstance(value, (date, Decimal)) else value for value in row) for row in found.rows
    ]
    assert {metric["name"]: metric["unit"] for metric in told.data["metrics"]} == {"net_revenue": "money", "aov": "money"}
    assert "gold.daily_sales" in told.data["sql"]["net_revenue"]


def test_the_command_line_lists_and_explains_what_is_defined(known: Known) -> None:
    told = known.shop.call("metrics", "list")
    assert [metric["name"] for metric in told.data] == sorted(known.catalogue.metrics)
    for name in ("net_revenue", "basket_lift", "retention", "sell_through", "rfm_segment"):
        explained = known.shop.call("metrics", "explain", name)
        assert explained.exit_code == 0, name
        assert explained.data["metric"]["formula"]
        sql = explained.data["sql"]
        if known.catalogue.metric(name).needs is None:
            known.connection.execute(sql)
        else:
            assert sql is None
    wrong = known.shop.call("metrics", "explain", "revenue_net")
    assert wrong.exit_code == 2


def test_comma_separated_values_are_the_same_rows(known: Known, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "query", "net_revenue", "refund_rate", "--by", "country", "--csv", "-C", str(known.shop.root)]) == 0
    names, *rows = csv.reader(capsys.readouterr().out.splitlines())
    found = known.ask("net_revenue", "refund_rate", by=["country"])
    assert tuple(names) == found.columns
    assert rows == [["" if value is None else str(value) for value in row] for row in found.rows]
    assert main(["metrics", "list", "--csv", "--json", "-C", str(known.shop.root)]) == 2


def test_a_build_keeps_the_definitions_and_they_are_read_anew_when_they_change(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: Any) -> None:
        raise AssertionError("the build has read them")

    kept = known.shop.root / ".fondaco/semantic"
    with monkeypatch.context() as patched:
        patched.setattr(semantic, "parse_project", refuse)
        assert known.shop.call("metrics", "list").exit_code == 0
    before = [path.name for path in kept.glob("*.json")]
    monkeypatch.setattr(semantic, "meaning", lambda *asked: "0" * 64)
    assert catalogue(known.shop.settings).metrics == known.catalogue.metrics
    assert [path.name for path in kept.glob("*.json")] == ["0" * 64 + ".json"] != before


def test_a_definition_that_dbt_cannot_read_is_refused_with_where_it_stands(known: Known, tmp_path: Path) -> None:
    shop = known.shop.settings
    house = tmp_path / "house"
    for name in ("contracts", "systems", "warehouse"):
        shutil.copytree(shop.house / name, house / name, ignore=shutil.ignore_patterns("target", "logs"))
    text = (house / "warehouse/models/semantic/marketing.yml").read_text(encoding="utf-8")
    (house / "warehouse/models/semantic/marketing.yml").write_text(
        text.replace("measure: coupon_orders", "measure: cupon_orders"), encoding="utf-8"
    )
    with pytest.raises(DeclarationError, match="cupon_orders"):
        semantic.semantic_manifest(shop.model_copy(update={"house": house, "file": tmp_path / "fondaco.yml"}))
