"""The glossary as a semantic view: its expressions come to what the metrics come to, and its tables are what people read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter

from fondaco.governance import plan_of
from fondaco.governance.snowflake import SERVE, view_of
from fondaco.job.figures import semantic_view_of
from tests.metrics.conftest import Known
from tests.metrics.test_figures import WHOLE, _same


@pytest.fixture(scope="module")
def statement(known: Known) -> str:
    return semantic_view_of(known.shop.settings, "SHOPS")


@pytest.fixture(scope="module")
def spec(statement: str) -> Any:
    return yaml.safe_load(statement.split("$$")[1])


def test_the_statement_is_snowflakes(statement: str) -> None:
    parsed = Linter(config=FluffConfig(overrides={"dialect": "snowflake"})).parse_string(f"{statement};\n")
    assert parsed.violations == []
    assert [part.raw for part in parsed.tree.recursive_crawl("unparsable")] == []


def test_every_metric_that_can_be_asked_stands_in_it_once_and_no_other(known: Known, spec: Any) -> None:
    names = [metric["name"] for table in spec["tables"] for metric in table["metrics"]]
    expected = [metric.name for metric in known.catalogue.metrics.values() if metric.kind != "class" and metric.needs is None]
    assert sorted(names) == sorted(expected)


def test_its_tables_are_the_views_that_people_read(known: Known, spec: Any) -> None:
    views = {view_of(relation) for relation in plan_of(known.shop.settings).served}
    for table in spec["tables"]:
        place = table["base_table"]
        assert (place["database"], place["schema"]) == ("SHOPS", SERVE)
        assert place["table"] in views


@pytest.mark.parametrize("name", WHOLE)
def test_an_expression_comes_to_what_its_metric_comes_to(known: Known, spec: Any, name: str) -> None:
    (table, metric), *more = [(table, metric) for table in spec["tables"] for metric in table["metrics"] if metric["name"] == name]
    assert not more
    relation = next(
        model["node_relation"]["relation_name"]
        for model in json.loads(known.catalogue.manifest)["semantic_models"]
        if model["name"] == table["name"]
    )
    ((found,),) = known.connection.execute(f"select {metric['expr']} from {relation}").fetchall()
    assert _same(found, known.figure(name)), (found, known.figure(name))


def test_a_relationship_leads_to_the_one_row_of_a_member(known: Known, spec: Any) -> None:
    tables = {table["name"]: table for table in spec["tables"]}
    assert {each["name"] for each in spec["relationships"]} == {"orders_customer", "refund_lines_customer"}
    for each in spec["relationships"]:
        (pair,) = each["relationship_columns"]
        assert tables[each["right_table"]]["primary_key"]["columns"] == [pair["right_column"]]
        assert pair["left_column"] in {dimension["expr"] for dimension in tables[each["left_table"]]["dimensions"]}
