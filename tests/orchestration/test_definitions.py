"""What Dagster shows: every table, model and mart, each with its owner, its layer and a word about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import AssetKey, Definitions, OpDefinition

from fondaco.errors import DeclarationError
from fondaco.orchestration.definitions import of_shop
from fondaco.orchestration.keys import LAYERS, POOL, check_names
from fondaco.settings import load_settings
from fondaco.warehouse import Graph, GraphCheck, GraphNode, kept_graph, prepare_graph
from fondaco.warehouse.graph import keep_graph


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that was never run; its graph is prepared once."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "fondaco.yml").write_text("project: toys\nsources: {shop: {type: demo, customers: 20, days: 10}}\n")
    prepare_graph(load_settings(folder, environ={}))
    return folder


@pytest.fixture(scope="module")
def shown(root: Path) -> Definitions:
    return of_shop(load_settings(root, environ={}))


def test_the_definitions_are_valid(shown: Definitions) -> None:
    Definitions.validate_loadable(shown)


def test_every_table_relation_and_mart_is_an_asset(root: Path, shown: Definitions) -> None:
    keys = {spec.key for spec in shown.resolve_all_asset_specs()}
    graph = kept_graph(load_settings(root, environ={}))
    assert AssetKey(["sources", "shop"]) in keys
    assert AssetKey(["lake", "shop", "order_items"]) in keys
    assert AssetKey(["bronze", "demo__orders"]) in keys and AssetKey(["bronze", "plain__orders"]) not in keys
    for node in graph.nodes:
        if node.kind != "source":
            assert AssetKey(["marts" if node.is_mart else node.schema, node.name]) in keys
            assert not node.is_mart or AssetKey(["gold", node.name]) in keys


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_belongs(shown: Definitions) -> None:
    specs = shown.resolve_all_asset_specs()
    assert [spec.key for spec in specs if not spec.description or not spec.owners or spec.group_name not in LAYERS or not spec.kinds] == []
    orders = next(spec for spec in specs if spec.key == AssetKey(["silver", "fact_orders"]))
    assert (orders.description or "").startswith("One row per order, credit note or adjustment.")
    assert AssetKey(["lake", "shop", "orders"]) in _ancestors(shown, orders.key)


def test_every_test_of_dbt_is_a_check_that_stops_what_it_must_not_reach(root: Path, shown: Definitions) -> None:
    graph = kept_graph(load_settings(root, environ={}))
    checks = [spec for assets in shown.resolve_asset_graph().assets_defs for spec in assets.check_specs]
    tests = {spec.metadata["dbt test"]: spec for spec in checks if spec.metadata and "dbt test" in spec.metadata}
    assert set(tests) == {check.name for check in graph.checks}
    assert {name for name, spec in tests.items() if spec.blocking} == {check.name for check in graph.checks if check.stops}
    assert max(len(spec.name) for spec in checks) < 100


def test_whatever_works_on_the_warehouse_takes_the_one_slot(shown: Definitions) -> None:
    steps = [node.definition for job in shown.get_repository_def().get_all_jobs() for node in job.graph.nodes]
    pools = {step.name: step.pool for step in steps if isinstance(step, OpDefinition)}
    assert {name for name, pool in pools.items() if pool == POOL} == {"land_tables", "build_models", "compact"}


def test_dbt_is_not_asked_when_definitions_are_loaded(root: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from fondaco.orchestration.definitions import of_shop
from fondaco.settings import load_settings
of_shop(load_settings(Path({str(root)!r}), environ={{}}))
print([name for name in sys.modules if name.split(".")[0] in ("dbt", "dagster_dbt", "metricflow")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_graph_that_was_not_prepared_or_is_torn_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "fondaco.yml").write_text("project: toys\nsources: {shop: {type: demo, customers: 20, days: 10}}\n")
    settings = load_settings(tmp_path, environ={})
    with pytest.raises(DeclarationError) as missing:
        of_shop(settings)
    assert (missing.value.message, missing.value.hint) == ("the graph of the models was not prepared", "fondaco dagster --prepare")
    keep_graph(settings, Graph("", (GraphNode("model.x", "x", "model", "gold", "mart", "X.", "x.sql"),)))
    assert kept_graph(settings).by_id["model.x"].is_mart
    graph = settings.state_dir / "graph.json"
    graph.write_bytes(graph.read_bytes()[:-20])
    with pytest.raises(DeclarationError, match="cannot be read"):
        of_shop(settings)


def test_checks_of_one_relation_have_short_names_that_differ() -> None:
    node = GraphNode("m.orders", "orders", "model", "gold", "mart", "", "")
    long = ["accepted_values_orders_status__a__b", "accepted_values_orders_status__a__c", "unique_orders_order_key", "assert_no_gap"]
    checks = [GraphCheck(f"t.{name}", name, "", "", "m.orders", stops=True) for name in long]
    assert list(check_names(checks, {"m.orders": node}).values()) == [
        "accepted_values_status",
        "accepted_values_status_2",
        "unique_order_key",
        "assert_no_gap",
    ]


def _ancestors(shown: Definitions, key: AssetKey) -> set[AssetKey]:
    graph = shown.resolve_asset_graph()
    return set(graph.get_ancestor_asset_keys(key))
