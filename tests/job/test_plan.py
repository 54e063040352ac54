from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from fondaco.contracts import Column, System, Table
from fondaco.job import run
from fondaco.job.plan import _Sight, foresee
from fondaco.lake import Live, State
from fondaco.settings import Settings
from fondaco.sources.sql import SqlDatabase
from tests.databases import open_database
from tests.job.conftest import BAD, GOOD, HEADER, Drop, Watcher


def test_a_plan_counts_files_and_rows_and_makes_nothing(shop: Settings, drop: Drop) -> None:
    drop("a.csv.gz", GOOD, BAD)
    before = sorted(shop.root.rglob("*"))
    (table,) = foresee(shop).tables
    assert (table.files, table.rows, table.changes) == (1, 2, True)
    assert sorted(shop.root.rglob("*")) == before


def test_what_has_landed_is_not_planned_again(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD)
    run(shop, "ingest", watch=watcher)
    plan = foresee(shop)
    assert (plan.tables, plan.quiet, plan.build_reason) == ((), 1, "there is no complete build yet")
    assert plan.changes
    assert not foresee(shop, models=False).changes


def test_a_new_column_is_told_before_it_lands(shop: Settings, drop: Drop) -> None:
    drop("a.csv.gz", f"{GOOD},red", header=f"{HEADER},Colour")
    assert foresee(shop).tables[0].drift == ("new column Colour",)


def test_a_refused_file_is_told_and_changes_something_once_only(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    torn = drop("a.csv.gz", GOOD)
    torn.write_bytes(torn.read_bytes()[:-9])
    assert foresee(shop, models=False).changes
    run(shop, "ingest", watch=watcher)
    plan = foresee(shop, models=False)
    assert len(plan.tables[0].errors) == 1
    assert not plan.changes


def test_a_shop_that_has_not_begun_lives_first(shop: Settings) -> None:
    (shop.root / "fondaco.yml").write_text("project: demo\nsources: {shop: {type: demo, days: 3}}\n")
    from fondaco.settings import load_settings

    plan = foresee(load_settings(shop.root, environ={}))
    assert (plan.lives, plan.tables, plan.build_reason) == ({"shop": 3}, (), "what would land is new")


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_the_first_run_of_a_server_is_a_change_though_its_rows_are_not_counted(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = open_database(engine, request, tmp_path)
    database.set_clock(datetime(2024, 3, 1, 12))
    database.do("create table sizes (id bigint primary key, colour varchar(9))", "create table empty (id bigint primary key)")
    database.do("insert into sizes values " + ", ".join(f"({number}, 'red')" for number in range(5_000)))
    tables = {name: Table(name, "", (Column("id", "bigint", nullable=False),), ("id",)) for name in ("sizes", "empty")}
    source = SqlDatabase("shop", System("shop", "", "UTC", None, (), tables), database.dialect(), batch_rows=2_048)
    sight = _Sight(None, Live(), State())
    sizes, empty = (sight.table(source, table) for table in tables.values())
    source.close()
    database.close()
    assert (sizes.rows, sizes.changes, sizes.drift) == (None, True, ("new column colour",))
    assert (empty.rows, empty.changes) == (None, False)
