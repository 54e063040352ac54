"""What governing costs: publishing a warehouse, asking as an analyst, a policy that changes, readers while it is published anew."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb
import psycopg

from bench.line import Line, Section
from bench.measure import ROOT
from fondaco.governance import Plan, plan_of
from fondaco.governance.admin import conninfo_of
from fondaco.governance.plan import PlannedColumn
from fondaco.governance.server import server_of, start, stop
from fondaco.governance.serving import refresh
from fondaco.settings import Settings, load_settings

#: Rows of a relation for each order; what is not named is small.
_SHARES = {
    "gold.orders": 1.0,
    "gold.customers": 0.3,
    "gold.daily_sales": 0.05,
    "silver.fact_order_items": 2.0,
    "silver.fact_orders": 1.0,
    "silver.dim_customers": 0.4,
}
_COUNTRIES = "['DE', 'AT', 'CH', 'FR', 'ES', 'PT', 'IT', 'NL', 'PL', 'US']"

#: As people ask: what it is called, the question of the view, the same of the base table by whoever owns it.
_QUESTIONS = (
    ("net revenue by month", "select date_trunc('month', business_date), sum(net_revenue) from {0}.daily_sales {1} group by 1"),
    ("orders by channel", "select channel, count(*), sum(net_amount) from {0}.orders {1} group by 1"),
    ("best customers", "select customer_id, email, net_revenue from {0}.customers {1} order by net_revenue desc limit 20"),
    ("one order", "select * from {0}.orders {1} and order_id = 'order_id 77770'"),
)


def measure(orders: int, rounds: int) -> Section:
    """The section."""
    folder = Path(tempfile.mkdtemp(prefix="fondaco-bench-governance-"))
    folder.chmod(0o755)
    try:
        return _measure(folder, orders, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, orders: int, rounds: int) -> Section:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "fondaco.yml").write_text(
        f"project: shop\nsources: {{shop: {{type: demo}}}}\nserve: {{path: {folder}/serve, port: {port}}}\n"
    )
    shutil.copytree(ROOT / "policy", folder / "policy")
    settings = load_settings(folder)
    plan = plan_of(settings)
    _write(settings, plan, orders)
    server = server_of(settings)
    began = time.perf_counter()
    start(server)
    started = time.perf_counter() - began
    try:
        first = refresh(settings).published
        assert first is not None
        rows = sum(first.rows.values())
        lines = [
            Line("a server from nothing", wall=started),
            Line(f"first copy, {rows:,} rows", wall=first.seconds),
            Line("  a million rows", wall=first.seconds / rows * 1e6),
        ]
        lines += _republished(settings, orders, rounds)
        lines += _asked(settings, rounds)
        lines += _changed(settings, rounds)
    finally:
        stop(server)
    return Section(
        f"Governed reading, {orders:,} orders",
        lines,
        [
            "the analyst sees three of ten countries; the owner asks the base table for the same rows",
            "seconds; the least of the rounds for questions",
        ],
    )


def _ms(what: str, took: float) -> Line:
    """A line whose figure is too small for its column."""
    return Line(f"{what}: {took * 1000:,.2f} ms")


def _write(settings: Settings, plan: Plan, orders: int) -> None:
    with duckdb.connect(str(settings.warehouse.path)) as connection:
        connection.execute("create schema silver; create schema gold")
        for relation in plan.served:
            cells = ", ".join(f"{_cell(column)} as {column.name}" for column in relation.columns)
            count = int(orders * _SHARES.get(relation.path, 0.002))
            connection.execute(f"create table {relation.path} as select {cells} from range({count}) as rows(i)")


def _cell(column: PlannedColumn) -> str:
    if column.name == "country":
        return f"{_COUNTRIES}[1 + i % 10]"
    if column.classification == "pii.email":
        return "'person' || i || '@shop' || i % 50 || '.example'"
    match column.type.partition("(")[0]:
        case "varchar":
            return f"'{column.name} ' || i % 10" if column.name in ("channel", "status", "currency") else f"'{column.name} ' || i"
        case "date":
            return "date '2023-01-01' + cast(i % 900 as integer)"
        case "timestamp":
            return "timestamp '2023-01-01' + interval (i % 77000000) second"
        case "boolean":
            return "i % 3 = 0"
        case _:
            return f"cast(i % 90 as {column.type})"


def _republished(settings: Settings, orders: int, rounds: int) -> list[Line]:
    """Copied again while three people ask: how long it takes, and how long the slowest of their questions."""
    password = (server_of(settings).passwords).read_text().splitlines()
    line = server_of(settings).line("ana")
    own = next(text.split(":")[4] for text in password if text.split(":")[3] == "ana")
    done, slowest, quiet, copies = threading.Event(), list[float](), list[float](), list[float]()

    def ask(into: list[float]) -> None:
        with psycopg.connect(line, password=own, autocommit=True) as connection:
            while not done.is_set():
                began = time.perf_counter()
                connection.execute("select sum(net_revenue) from gold.daily_sales", prepare=True).fetchone()
                into.append(time.perf_counter() - began)

    def during(into: list[float], what: Callable[[], None]) -> None:
        done.clear()
        threads = [threading.Thread(target=ask, args=(into,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        what()
        done.set()
        for thread in threads:
            thread.join()

    during(quiet, lambda: time.sleep(2))
    for number in range(rounds):
        with duckdb.connect(str(settings.warehouse.path)) as connection:
            connection.execute(f"update gold.orders set line_count = {number}; update gold.daily_sales set orders = {number}")

        def copy() -> None:
            found = refresh(settings).published
            assert found is not None
            copies.append(found.seconds)

        during(slowest, copy)
    return [
        Line(f"two relations changed, {int(orders * 1.05):,} rows copied again", wall=min(copies)),
        _ms("  slowest question of three readers meanwhile", max(slowest)),
        _ms("  median of their questions meanwhile", median(slowest)),
        _ms("  median without a copy", median(quiet)),
    ]


def _asked(settings: Settings, rounds: int) -> list[Line]:
    line = server_of(settings).line("ana")
    passfile = str(server_of(settings).passwords)
    lines = []
    with (
        psycopg.connect(line, passfile=passfile, autocommit=True) as analyst,
        psycopg.connect(conninfo_of(settings), autocommit=True) as owner,
    ):
        for name, question in _QUESTIONS:
            theirs = question.format("gold", "where true")
            ours = question.format("_gold", "where country in ('DE', 'AT', 'CH')")
            seen, base = _least(analyst, theirs, rounds * 5), _least(owner, ours, rounds * 5)
            lines += [_ms(f"{name}, the analyst", seen), _ms("  the owner, the same rows", base)]
    return lines


def _least(connection: psycopg.Connection[tuple[object, ...]], question: str, rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        connection.execute(question, prepare=True).fetchall()  # type: ignore[arg-type]
        took.append(time.perf_counter() - began)
    return min(took)


def _changed(settings: Settings, rounds: int) -> list[Line]:
    """A country taken away, and a mask changed, on live data."""
    countries, masks, took = settings.policy_dir / "entitlements.csv", settings.policy_dir / "masks.yml", dict[str, list[float]]()
    for path, old, new in ((countries, "dach,CH", "dach,IT"), (masks, "pii.email: {mask: keep_domain", "pii.email: {mask: redact")):
        text = path.read_text()
        for number in range(rounds * 2):
            path.write_text(text.replace(old, new) if number % 2 == 0 else text)
            took.setdefault(path.name, []).append(refresh(settings, data=False).enforced.seconds)
        path.write_text(text)
    return [
        Line("a country given or taken", wall=min(took["entitlements.csv"])),
        Line("a mask changed in every relation", wall=min(took["masks.yml"])),
    ]
