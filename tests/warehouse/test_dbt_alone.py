"""dbt from a shell: the commands of docs/how-to/dbt.md, on a lake that has landed and was never built."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from fondaco.contracts import load_system
from fondaco.governance.catalog import load_catalog
from fondaco.settings import load_settings
from fondaco.sources.demo import truth
from tests.whole.conftest import Shop, retail
from tests.whole.test_online_retail import DAYS

pytestmark = pytest.mark.slow

DEMO = """\
version: 1
project: small
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 100%}
sources: {shop: {type: demo, customers: 60, days: 40}}
"""


def dbt(repo: Path, folder: Path, *words: str) -> str:
    """A call as a person makes it there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "FONDACO_"))}
    environment |= {"DBT_PROJECT_DIR": str(repo / "warehouse"), "DBT_PROFILES_DIR": str(repo / "warehouse"), "DO_NOT_TRACK": "1"}
    call = [str(Path(sys.executable).parent / "dbt"), *words, "--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_dbt_build_works_by_itself_after_a_landing_and_comes_to_the_truth(repo: Path, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop").configure(DEMO)
    shop.run("ingest")
    assert not shop.settings.warehouse.path.exists()
    said = dbt(repo, shop.root, "build")
    assert re.search(r"PASS=\d{3} WARN=0 ERROR=0", said)
    days = truth(shop.root / ".fondaco" / "shop.sqlite").daily_sales
    with duckdb.connect(str(shop.settings.warehouse.path), read_only=True) as warehouse:
        found = warehouse.execute("select sum(net_revenue), sum(total_sales), sum(orders) from gold.daily_sales").fetchone()
    assert found == (sum(day.net_revenue for day in days), sum(day.total_sales for day in days), sum(day.orders for day in days))


def test_another_shop_hands_over_what_its_last_build_told_dbt(repo: Path, tmp_path: Path) -> None:
    shop = retail(tmp_path / "shop", DAYS)
    shop.run()
    variables = (shop.root / ".fondaco" / "dbt" / "vars.yml").read_text()
    # from wherever it is called: the variables name the warehouse
    assert "ERROR=0" in dbt(repo, tmp_path, "build", "--select", "daily_sales", "--vars", variables)


@pytest.fixture(scope="module")
def page_and_project(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ModuleType]:
    sys.path.insert(0, str(repo / "docs"))
    try:
        spec = importlib.util.spec_from_file_location("warehouse_page", repo / "docs/warehouse_page.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        page, project = module.site(tmp_path_factory.mktemp("page"))
    finally:
        sys.path.remove(str(repo / "docs"))
    return page, project


def test_every_column_of_every_model_is_described_and_knows_where_it_comes_from(
    repo: Path, page_and_project: tuple[str, ModuleType]
) -> None:
    page, project = page_and_project
    assert project.undescribed() == []
    models = {path.stem for path in (repo / "warehouse/models").rglob("*.sql")}
    assert {name.rpartition(".")[2] for name in project.columns if name.startswith("model.")} == models
    of = {(column.relation.rpartition(".")[2], column.name): origin for column, origin in project.origins.items()}
    (parent,) = of["orders", "net_amount"].parents
    assert (parent.relation, parent.name, of["orders", "net_amount"].is_copied) == ("model.fondaco.fact_orders", "net_amount", True)
    made = {(parent.relation.rpartition(".")[2], parent.name) for parent in of["fact_orders", "net_amount"].parents}
    assert made == {("int_orders__valued", name) for name in ("gross_amount", "discount_amount", "refunded_amount")}
    # a column without parents is made of nothing but counts and constants
    assert sum(not origin.parents for origin in of.values()) < len(of) / 10
    assert "Copied from [fact_orders](#!/model/model.fondaco.fact_orders).net_amount" in page


def test_what_descends_from_a_person_says_what_became_of_it(repo: Path, page_and_project: tuple[str, ModuleType], tmp_path: Path) -> None:
    """A column of a mart that somebody adds is served to whoever reads the mart: it is masked by what it says, and closed by no name."""
    _, project = page_and_project
    (tmp_path / "fondaco.yml").write_text("version: 1\nproject: lint\nsources: {shop: {type: demo}}\n", encoding="utf-8")
    catalog = load_catalog(load_settings(tmp_path, None, {}))
    column = type(next(iter(project.origins)))
    personal = set()
    for name in project.columns:
        if name.startswith("source.fondaco."):
            _, _, system, table = name.split(".", 3)
            declared = load_system(repo / "systems", system).tables[table]
            # a table of names and values holds figures in the same column as texts
            personal |= set() if declared.figures else {column(name, one.name.lower()) for one in declared.personal}
    said = {
        column(f"model.fondaco.{relation.name}", one.name): one.classification
        for relation in catalog.relations.values()
        for one in relation.columns
        if relation.layer != "bronze"
        and one.type in ("varchar", "date", "timestamp")
        and column(f"model.fondaco.{relation.name}", one.name) in project.origins
    }
    assert len(said) > 200
    assert {
        f"{one.relation.rpartition('.')[2]}.{one.name}": sorted(map(str, of)) for one, of in project.unsaid(personal, said).items()
    } == {}
    # it would be seen: of a mart nobody says any more what its addresses are
    email = column("model.fondaco.customers", "email")
    assert set(project.unsaid(personal, {**said, email: None})) >= {email}


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(page_and_project: tuple[str, ModuleType]) -> None:
    page, _ = page_and_project
    assert "JSON INLINE DATA" not in page
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//", page)
