"""A simulated shop many times over: as Parquet files in the columns of its tables, and the house that reads them.

    python -m bench.copies write BEFORE AFTER FOLDER TIMES DAY

BEFORE and AFTER are the shop's database before and after one more day; FOLDER gets all that was there before, DAY what the day brought or changed.
Copies share products, resellers and rates; customers, orders and all that hangs on them are others in each.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import duckdb
import yaml

from bench.measure import ROOT, python, run
from bench.shop import Shop

#: More than any number in one copy.
_APART = 10_000_000
_NUMBERS = {
    "customers": ("id",),
    "orders": ("id", "customer_id"),
    "order_items": ("id", "order_id"),
    "payments": ("id", "order_id"),
    "shipments": ("id", "order_id"),
    "refunds": ("id", "order_id", "order_item_id"),
    "products": (),
    "sellers": (),
    "exchange_rates": (),
}
#: Copies in one file.
_AT_ONCE = 10


def grown(work: Path, days: int) -> tuple[Path, Path, int]:
    """A simulated shop's database after so many days and after one more, made once; and how many orders it has."""
    before, after = work / f"grown-{days}.sqlite", work / f"grown-{days + 1}.sqlite"
    if not after.is_file():
        shop = Shop.demo(work / "grown")
        settings = shop.folder / "fondaco.yml"
        settings.write_text(settings.read_text(encoding="utf-8").replace("days: 548", f"days: {days - 1}"))
        for database in (before, after):
            shop.call("demo", "--days", "1")
            shutil.copy2(shop.folder / ".fondaco" / "shop.sqlite", database)
    return before, after, int(run(python("-c", _COUNT, str(before)))[1])


_COUNT = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from orders').fetchone()[0])"


def written(before: Path, after: Path, folder: Path, times: int) -> Shop:
    """A new shop whose drops are so many copies; `day` beside it holds what one more day brings."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "systems").mkdir(parents=True)
    for name in ("contracts", "warehouse", "policy"):
        if (ROOT / name).is_dir():
            (folder / name).symlink_to(ROOT / name)
    system = yaml.safe_load((ROOT / "systems" / "demo.yml").read_text(encoding="utf-8"))
    for name, table in system["tables"].items():
        table.pop("deletes", None)
        table.pop("parent", None)
        table |= {"files": f"{name}-*", "format": {"kind": "parquet"}}
    (folder / "systems" / "demo.yml").write_text(json.dumps(system))  # JSON is YAML
    settings = {
        "version": 1,
        "project": "copies",
        "business": {"timezone": "Europe/Berlin", "currency": "EUR"},
        "sources": {"shop": {"type": "files", "path": "./drops", "system": "demo"}},
        "quality": {"max_bad_share": "5%"},
        "warehouse": {"type": "duckdb", "path": "./warehouse.duckdb", "memory_limit": "8GB"},
    }
    (folder / "fondaco.yml").write_text(json.dumps(settings))
    run(python("-m", "bench.copies", "write", str(before), str(after), str(folder / "drops"), str(times), str(folder / "day")))
    return Shop(folder)


def _write(before: str, after: str, folder: Path, times: int, day: Path) -> None:
    with duckdb.connect(config={"temp_directory": str(folder.parent / "spill")}) as connection:
        extension = Path(duckdb.__file__).parents[1] / "duckdb_extension_sqlite_scanner" / "extensions" / f"v{duckdb.__version__}"
        connection.execute(f"load '{extension / 'sqlite_scanner.duckdb_extension'}'; set sqlite_all_varchar = true")
        connection.execute(f"attach '{before}' as before (type sqlite); attach '{after}' as later (type sqlite)")
        for table, numbers in _NUMBERS.items():
            for target, rows in (
                (folder, f"select * from before.{table}"),
                (day, f"select * from later.{table} except select * from before.{table}"),
            ):
                target.mkdir(parents=True, exist_ok=True)
                connection.execute(f"create or replace temp table one as {rows}")
                if connection.execute("select exists (from one)").fetchall() == [(True,)]:
                    _copy(connection, table, numbers, times, target)


def _copy(connection: duckdb.DuckDBPyConnection, table: str, numbers: tuple[str, ...], times: int, folder: Path) -> None:
    items = [f"try_cast({name} as bigint) + copy * {_APART} as {name}" for name in numbers]
    if table in ("customers", "orders"):
        items.append("case when copy > 0 and email like '%@%' then 'c' || copy || '.' || email else email end as email")
    for first in range(0, times if numbers else 1, _AT_ONCE):
        copies = f"range({first}, {min(first + _AT_ONCE, times)}) as copies (copy)"
        rows = f"select one.* replace ({', '.join(items)}) from one, {copies}" if numbers else "from one"
        connection.execute(f"copy ({rows}) to '{folder / f'{table}-{folder.name}-{first:04d}.parquet'}' (format parquet)")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", before, after, folder, times, day]:
            _write(before, after, Path(folder), int(times), Path(day))
        case _:
            raise SystemExit(__doc__)
