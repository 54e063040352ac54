"""Building silver and gold at size: against the same SQL without dbt, one more day on top, and one late version of one customer."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from bench.copies import grown, written
from bench.line import Line, Section
from bench.measure import BenchError, Cost, Costs, python, run
from bench.shop import NOTHING, Shop

#: All that makes tables, and no test: what the plain SQL does.
_MODELS = "resource_type:model resource_type:snapshot resource_type:seed"


def measure(work: Path, sizes: tuple[int, ...], days: int) -> Section:
    """The section: a shop of so many orders each, made of copies of one that lived so many days."""
    before, after, orders = grown(work, days)
    section = Section("Silver and gold at size")
    lasts: dict[str, Costs] = {}
    for size in sizes:
        shop = written(before, after, work / f"scale-{size}", max(1, size // orders))
        costs = {name: Costs((cost,)) for name, cost in _costs(shop).items()}
        rows = _orders(shop)
        section.lines += [
            Line(f"land {rows:,} orders", costs["land"]),
            Line("  models alone", costs["models"], "the same SQL, plain", costs["plain"], costs["start"], costs["nothing"]),
            Line("  the same SQL, plain", costs["plain"]),
            Line("  models and tests", costs["build"]),
            Line("  one more day", costs["day"], "its rebuild", costs["build"]),
            Line("  a late version of one customer", costs["late"], "its rebuild", costs["build"]),
        ]
        if lasts:
            section.lines += [
                Line(f"{what}, {rows:,} orders", costs[name], "the shop before", lasts[name])
                for name, what in (("build", "models and tests"), ("day", "one more day"), ("late", "a late version"))
            ]
        lasts = costs
        shutil.rmtree(shop.folder)
    return section


def _costs(shop: Shop) -> dict[str, Cost]:
    plain = shop.folder / "plain.duckdb"
    costs = {
        "land": shop.call("ingest").cost,
        "plain": run(python("-m", "bench.plain", str(shop.folder), str(plain)))[0],
        "nothing": run(python("-c", "import fondaco.warehouse, duckdb"))[0],
    }
    plain.unlink()
    costs["start"] = shop.call("build", NOTHING).cost
    costs["models"] = shop.call("build", _MODELS).cost
    shop.warehouse.unlink()
    costs["build"] = shop.call("build").cost
    for file in (shop.folder / "day").iterdir():
        shutil.copy2(file, shop.folder / "drops")
    costs["day"] = _landed(shop)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace ('Latewood' as city, strftime(cast(created_at as timestamp) + interval 9 day, '%Y-%m-%d %H:%M:%S') as updated_at)
                from read_parquet('{shop.folder}/drops/customers-drops-0000.parquet') order by id limit 1
            ) to '{shop.folder}/drops/customers-late.parquet' (format parquet)
            """
        )
    costs["late"] = _landed(shop)
    return costs


def _landed(shop: Shop) -> Cost:
    landing = shop.call("ingest")
    if not landing.rows("landed"):
        raise BenchError("what was dropped did not land")
    return landing.cost + shop.call("build").cost


def _orders(shop: Shop) -> int:
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        return int(connection.execute("select count(*) from silver.fact_orders").fetchall()[0][0])
