"""The hand-written script as a process, and whether its gold tables are the warehouse's.

python -m bench.baseline run DROPS DATABASE       build them from the files
python -m bench.baseline start DATABASE           what the process costs without its work
python -m bench.baseline compare DATABASE OTHER   row by row, every column of every table
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.measure import ROOT, Cost, python, run

MARTS = ("daily_sales", "orders", "customers", "cohort_retention", "product_performance")
_SCRIPT = Path(__file__).with_name("baseline_online_retail.sql")
_SEEDS = ROOT / "warehouse" / "seeds"


def built(drops: Path, database: Path) -> Cost:
    """Builds the tables in a new database, in a process of its own."""
    database.unlink(missing_ok=True)
    return run(python("-m", "bench.baseline", "run", str(drops), str(database)))[0]


def started(database: Path) -> Cost:
    """The same process without its work."""
    database.unlink(missing_ok=True)
    return run(python("-m", "bench.baseline", "start", str(database)))[0]


def checked(database: Path, warehouse: Path) -> str:
    """Says that the two agree, with their sums.

    Raises:
        BenchError: they do not.
    """
    return run(python("-m", "bench.baseline", "compare", str(database), str(warehouse)))[1].strip()


def _run(drops: str, database: str) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable drops = ?", [f"{drops}/*.csv.gz"])
        connection.execute("set variable seeds = ?", [str(_SEEDS)])
        connection.execute(_SCRIPT.read_text(encoding="utf-8"))


def _compare(database: str, warehouse: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as baseline (read_only); attach '{warehouse}' as warehouse (read_only)")
        differing = [f"{mart}: {rows:,} rows" for mart in MARTS if (rows := _differing(connection, mart))]
        if differing:
            raise SystemExit(f"the baseline and the warehouse differ: {'; '.join(differing)}")
        rows = sum(_number(connection, f"select count(*) from warehouse.gold.{mart}") for mart in MARTS)
        revenue = connection.execute("select sum(net_revenue) from warehouse.gold.daily_sales").fetchall()[0][0]
        print(f"the same {rows:,} rows in {len(MARTS)} gold tables, every column; net revenue {revenue:,}")


def _differing(connection: duckdb.DuckDBPyConnection, mart: str) -> int:
    described = connection.execute(f"select column_name from (describe warehouse.gold.{mart})").fetchall()
    columns = ", ".join(name for (name,) in described)
    mine, other = (f"select {columns} from {side}.gold.{mart}" for side in ("baseline", "warehouse"))
    return _number(connection, f"select count(*) from (({mine} except all {other}) union all ({other} except all {mine}))")


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def main(arguments: list[str]) -> None:
    """One of the three commands above."""
    match arguments:
        case ["run", drops, database]:
            _run(drops, database)
        case ["start", database]:
            duckdb.connect(database).close()
        case ["compare", database, warehouse]:
            _compare(database, warehouse)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
