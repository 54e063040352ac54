"""The stage that builds: when it has something to do, what it leaves behind, how it fails."""

from __future__ import annotations

import gzip
import stat
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.errors import LockedError, UsageError
from fondaco.lake import Lake, compact, land
from fondaco.settings import Settings, load_settings
from fondaco.sources.files import FileDrops
from fondaco.warehouse import build, needs_build, query, summary
from fondaco.warehouse.project import folders, systems_of, variables

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FIRST_DAY = """\
536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536370,POST,POSTAGE,3,2010-12-01 08:45:00,18.0,12583.0,France
536370,85123a,WHITE HOLDER,2,2010-12-01 08:45:00,2.55,12583.0,France
536500,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom
C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom
"""
SECOND_DAY = """\
536600,71053,LANTERN,4,2010-12-02 09:00:00,3.39,17850.0,EIRE
C536601,85123A,WHITE HOLDER,-2,2010-12-02 10:00:00,2.55,12583.0,France
"""


@dataclass(frozen=True)
class Shop:
    """A folder with fondaco.yml, a folder of drops, a lake and a warehouse."""

    settings: Settings

    @classmethod
    def open(cls, folder: Path, currency: str = "GBP", rules: str = "{}") -> Shop:
        (folder / "drops").mkdir(parents=True, exist_ok=True)
        (folder / "fondaco.yml").write_text(
            f"project: shop\nbusiness: {{timezone: Europe/London, currency: {currency}}}\nrules: {rules}\n"
            "sources: {retail: {type: files, path: ./drops, system: online_retail}}\n"
            "lake: {path: ./lake}\nwarehouse: {path: ./warehouse.duckdb}\n"
        )
        return cls(load_settings(folder / "fondaco.yml"))

    @property
    def lake(self) -> Lake:
        return Lake.open(self.settings.lake.path)

    def drop(self, name: str, rows: str) -> Shop:
        with gzip.open(self.settings.root / "drops" / f"{name}.csv.gz", "wt") as file:
            file.write(HEADER + rows)
        return self

    def land(self, at: datetime | None = None) -> Shop:
        drops = FileDrops("retail", systems_of(self.settings)["online_retail"], self.settings.root / "drops", settle=0)
        reports = list(land([drops], self.lake, self.settings.quality, clock=lambda: at or datetime.now(UTC)))
        assert [report.rows_quarantined for report in reports] == [0]
        return self

    def one(self, sql: str) -> object:
        return query(self.settings, sql).rows[0][0]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.open(tmp_path_factory.mktemp("shop")).drop("2010-12-01", FIRST_DAY).land()
    report = build(shop.settings, shop.lake)
    assert report.failures == ()
    assert report.full_refresh
    return shop


def test_every_line_is_in_silver_and_the_money_adds_up(shop: Shop) -> None:
    assert shop.one("select count(*) from silver.fact_order_items") == 7
    assert str(shop.one("select sum(gross_amount) from silver.fact_order_items")) == "87.5800"
    assert str(shop.one("select sum(booked_amount) from silver.fact_sales_ledger")) == "87.5800"


def test_codes_in_either_case_are_one_product_and_a_free_correction_is_no_sale(shop: Shop) -> None:
    assert shop.one("select count(*) from silver.dim_products where product_id = '85123A' and is_current") == 1
    assert shop.one("select order_kind from silver.fact_orders where order_id = '536500'") == "adjustment"
    assert shop.one("select sum(units) from gold.daily_sales") == 20


def test_a_complete_build_leaves_nothing_to_do(shop: Shop) -> None:
    assert needs_build(shop.settings, shop.lake) is None
    assert needs_build(shop.settings, shop.lake, full_refresh=True) is not None


def test_other_rules_build_everything_anew(shop: Shop) -> None:
    changed = Shop.open(shop.settings.root, rules="{rfm: {window_days: 30}}")
    try:
        assert needs_build(changed.settings, changed.lake) == "the models or their settings changed"
    finally:
        Shop.open(shop.settings.root)


def test_the_warehouse_is_readable_by_its_owner_only(shop: Shop) -> None:
    assert stat.S_IMODE(Path(shop.settings.warehouse.path).stat().st_mode) == 0o600


def test_after_a_build_another_process_can_write(shop: Shop) -> None:
    path = shop.settings.warehouse.path
    subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.connect({str(path)!r}).execute('select 1')"], check=True)


def test_while_another_process_has_it_open_a_build_says_so(shop: Shop) -> None:
    path = str(shop.settings.warehouse.path)
    script = f"import duckdb, sys; c = duckdb.connect({path!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(LockedError, match=r"another process has warehouse\.duckdb open"):
            query(shop.settings, "select 1")
        other.communicate("")


def test_a_query_changes_nothing_and_a_wrong_one_says_why(shop: Shop) -> None:
    with pytest.raises(UsageError, match="read-only"):
        query(shop.settings, "drop table gold.orders")
    with pytest.raises(UsageError, match="nothing_here"):
        query(shop.settings, "select * from nothing_here")


def test_without_a_warehouse_there_is_nothing_to_ask(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path)
    with pytest.raises(UsageError, match="there is no warehouse"):
        query(shop.settings, "select 1")
    assert needs_build(shop.settings, shop.lake) == "there is no complete build yet"


def test_the_summary_says_what_gold_says(shop: Shop) -> None:
    found = summary(shop.settings)
    assert found.last_day is not None
    assert {kpi.label: str(kpi.now) for kpi in found.kpis}["Net revenue"] == str(shop.one("select sum(net_revenue) from gold.daily_sales"))
    assert sum(segment.customers for segment in found.segments) == shop.one("select count(*) from gold.customers")


def test_the_units_of_the_dbt_project_hold(shop: Shop) -> None:
    import json

    from dbt.cli.main import dbtRunner

    from fondaco.warehouse.dbt import release

    arguments = ["test", "--quiet", "--select", "test_type:unit", "--vars", json.dumps(variables(shop.settings, systems_of(shop.settings)))]
    for option, folder in folders(shop.settings).items():
        arguments += [f"--{option}", str(folder)]
    try:
        outcome = dbtRunner().invoke(arguments)
    finally:
        release()
    assert outcome.result is not None
    units = [result for result in outcome.result.results if result.node.resource_type == "unit_test"]
    assert [result.node.name for result in units if str(result.status) != "pass"] == []
    assert len(units) >= 5


def test_one_day_more_is_built_from_what_is_new_and_ends_as_a_rebuild(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path).drop("2010-12-01", FIRST_DAY).land()
    assert build(shop.settings, shop.lake).failures == ()
    shop.drop("2010-12-02", SECOND_DAY).land()
    assert needs_build(shop.settings, shop.lake) == "commits 2 to 2 are new"
    # one file then holds rows that are built and rows that are new
    assert [found.files for found in compact(shop.lake, older_than=timedelta())] == [2]
    report = build(shop.settings, shop.lake)
    assert report.failures == ()
    assert not report.full_refresh
    step_by_step = contents(shop)
    # one customer moved, one product came back: both are seen
    assert shop.one("select count(*) from silver.dim_customers where customer_id = '17850'") == 2
    assert str(shop.one("select sum(returns) from gold.daily_sales")) == "5.1000"
    Path(shop.settings.warehouse.path).unlink()
    assert build(shop.settings, shop.lake).full_refresh
    assert contents(shop) == step_by_step


def test_a_file_sent_again_replaces_its_rows(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path).drop("2010-12-01", FIRST_DAY).drop("2010-12-02", SECOND_DAY).land()
    assert build(shop.settings, shop.lake).failures == ()
    shop.drop("2010-12-02", SECOND_DAY.splitlines(keepends=True)[0]).land()
    assert build(shop.settings, shop.lake).failures == ()
    assert shop.one("select count(*) from silver.fact_order_items") == 8
    assert shop.one("select count(*) from silver.fact_orders where order_id = 'C536601'") == 0


def test_a_currency_without_a_rate_fails_by_name_and_is_never_one(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path, currency="EUR").drop("2010-12-01", FIRST_DAY).land()
    report = build(shop.settings, shop.lake)
    assert [failure.node for failure in report.failures] == ["assert_every_order_has_a_rate"]
    assert needs_build(shop.settings, shop.lake) == "there is no complete build yet"


def contents(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Every table of the warehouse's layers, sorted; the landing times included, for both come from one lake."""
    tables = query(
        shop.settings,
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name in ('intermediate', 'history', 'silver', 'marts') "
        "and not regexp_matches(table_name, '__(touched|landed|concerned|renewed|states|known)$') order by 1",
    ).rows
    return {str(name): sorted(query(shop.settings, f"select * from {name}").rows, key=repr) for (name,) in tables}
