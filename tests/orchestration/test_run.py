"""Runs through Dagster: what a plain run makes, in its words; a failed check stops what lies below it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dagster import AssetCheckEvaluation, AssetKey, DagsterInstance, ExecuteInProcessResult

from fondaco.job.runs import RunLog
from tests.orchestration.conftest import SECOND, Orchestrated, events, made, said

First = tuple[Orchestrated, ExecuteInProcessResult]


def checks(result: ExecuteInProcessResult) -> dict[tuple[str, str], AssetCheckEvaluation]:
    """What the checks of a run found, by the last part of their asset's key and their own name."""
    found = [event.asset_check_evaluation_data for event in events(result, "ASSET_CHECK_EVALUATION")]
    return {("/".join(one.asset_key.path), one.check_name): one for one in found}


@pytest.fixture
def copy(first: First, tmp_path: Path, instance: DagsterInstance) -> Orchestrated:
    """The shop after its first run, in a folder of its own."""
    clock, result = first
    assert result.success, said(result)
    return Orchestrated(clock.shop.copy(tmp_path / "shop"), instance)


def test_a_run_of_all_assets_makes_every_one_of_them(first: First) -> None:
    clock, result = first
    assert result.success, said(result)
    every = {spec.key for spec in clock.definitions.resolve_all_asset_specs()}
    assert every - made(result) == {AssetKey(["sources", "gifts"])}
    assert clock.shop.value("select count(*) from gold.orders") == 1


def test_what_is_made_says_what_came_of_it(first: First) -> None:
    _, result = first
    told = {"/".join(event.asset_key.path): event.materialization for event in events(result, "ASSET_MATERIALIZATION") if event.asset_key}
    landed = {name: value.value for name, value in told["lake/gifts/invoice_lines"].metadata.items()}
    assert (landed["rows read"], landed["rows landed"], landed["rows put aside"]) == (3, 2, 1)
    assert int(str(landed["bytes"])) > 0
    assert told["silver/fact_order_items"].metadata["dagster/row_count"].value == 2
    assert told["gold/orders"].metadata["dagster/row_count"].value == 1
    assert "536365" in str(told["gold/orders"].metadata["preview"].value)


def test_a_preview_hides_what_tells_of_a_person(first: First) -> None:
    _, result = first
    shown = next(
        event.materialization for event in events(result, "ASSET_MATERIALIZATION") if event.asset_key == AssetKey(["gold", "customers"])
    )
    assert "•••" in str(shown.metadata["preview"].value)
    assert "gifts:17850" not in str(shown.metadata["preview"].value)


def test_every_check_passes_but_the_one_that_tells_of_a_bad_row(first: First) -> None:
    _, result = first
    found = checks(result)
    assert [name for name, one in found.items() if not one.passed] == [("lake/gifts/invoice_lines", "nothing_put_aside")]
    assert "Quantity is not an integer" in (found["lake/gifts/invoice_lines", "nothing_put_aside"].description or "")
    assert ("served/policy", "policy_is_in_force") in found
    assert ("sources/gifts", "brings_rows") in found
    assert len(found) > 100


def test_the_run_log_leads_to_dagsters_run(first: First) -> None:
    clock, result = first
    assert {record.by for record in RunLog(clock.shop.settings.state_dir).last(5)} == {f"dagster {result.run_id}"}


def test_the_warehouse_knows_of_the_runs_that_made_it(first: First) -> None:
    clock, result = first
    runs = clock.shop.rows(
        "select command, called_by, outcome, rows_read, rows_landed, rows_quarantined, error from ops.runs order by started_at"
    )
    assert runs == [
        ("ingest", f"dagster {result.run_id}", "ok", 3, 2, 1, None),
        ("build", f"dagster {result.run_id}", "ok", 0, 0, 0, None),
    ]


def test_nothing_new_makes_nothing(first: First) -> None:
    clock, _ = first
    result = clock.run("everything", partition=clock.today)
    assert result.success, said(result)
    assert {key.path[0] for key in made(result)} == {"lake"}


def test_a_failed_check_stops_what_lies_below_it_and_readers_keep_the_last_mart(copy: Orchestrated) -> None:
    copy.shop.drop("b.csv.gz", SECOND)
    with duckdb.connect(str(copy.shop.settings.warehouse.path)) as connection:
        connection.execute("insert into silver.fact_orders select * from silver.fact_orders")
    result = copy.run("everything", partition=copy.today)
    assert not result.success
    found = checks(result)
    failed = found["silver/fact_orders", "unique_order_key"]
    assert (failed.passed, failed.blocking) == (False, True)
    below = {AssetKey(["marts", "orders"]), AssetKey(["gold", "orders"]), AssetKey(["gold", "daily_sales"]), AssetKey(["served", "policy"])}
    assert not below & made(result)
    assert AssetKey(["silver", "fact_orders"]) in made(result)
    shown = found["gold/orders", "readers_see_the_last"]
    assert not shown.passed and "readers keep the one verified" in (shown.description or "")
    assert copy.shop.value("select count(*) from gold.orders") == 1
    assert "unique_fact_orders_order_key" in said(result) and "hint: mend" in said(result)


@pytest.mark.slow
def test_a_chosen_mart_is_made_without_the_rest_and_shown_when_all_of_its_checks_have_run(copy: Orchestrated) -> None:
    chosen = [AssetKey(["marts", "orders"]), AssetKey(["gold", "orders"])]
    result = copy.run("everything", asset_selection=chosen)
    assert result.success, said(result)
    assert made(result) == {AssetKey(["marts", "orders"])}
    assert "checks were left out" in (checks(result)["gold/orders", "readers_see_the_last"].description or "")
