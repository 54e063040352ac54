"""Landing a table of a database: the first load against the limit and against other tools, and a thousand changed rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.line import Line, Section
from bench.measure import ROOT, BenchError, Cost, Costs, in_turn, python, run
from bench.orders import system
from bench.shop import Shop

_RIVALS = ROOT / ".venv-bench" / "bin" / "python"
_DIALECTS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
#: Whom a table is read by besides, by engine: what each of them does not offer is left out.
_TOOLS = {
    "postgres": ("connectorx", "dlt-connectorx", "dlt-pyarrow", "pandas"),
    "mysql": ("connectorx", "dlt-pyarrow", "pandas"),
    "sqlite": ("connectorx", "dlt-pyarrow", "pandas"),
}
#: What a landing may take at any size of the table.
LIMIT = 500_000_000


@dataclass(frozen=True)
class Database:
    """An empty database.

    Attributes:
        engine: a type of source, as fondaco.yml names it.
        place: what a connection needs.
    """

    engine: str
    place: dict[str, Any]

    def do(self, what: str, *words: str) -> Cost:
        """One of the commands of bench/orders.py."""
        return run(python("-m", "bench.orders", what, self.engine, json.dumps(self.place), *words))[0]

    @property
    def url(self) -> str:
        if self.engine == "sqlite":
            return f"sqlite:///{self.place['path']}"
        place = {"dbname": self.place.get("database"), **self.place}
        return f"{_DIALECTS[self.engine]}://{place['user']}:{place['password']}@{place['host']}:{place['port']}/{place['dbname']}"

    def source(self) -> dict[str, Any]:
        """As fondaco.yml has it."""
        if self.engine == "sqlite":
            return {"type": "sqlite", "path": self.place["path"], "system": "bench"}
        said = {name: self.place[name] for name in ("host", "port", "user")}
        database = self.place.get("dbname") or self.place.get("database")
        return {"type": self.engine, **said, "password": "${PASSWORD}", "database": database, "ssl": "disable", "system": "bench"}


@contextmanager
def servers(work: Path, engine: str, names: tuple[str, ...]) -> Iterator[list[Database]]:
    """Databases of those names in a server of their own.

    Raises:
        BenchError: there is no such server on this machine.
    """
    import pytest

    from tests import servers as known

    if engine == "sqlite":
        yield [Database(engine, {"path": str(work / f"{name}.sqlite")}) for name in names]
        return
    try:
        with known.postgres() if engine == "postgres" else known.mariadb() as server:
            at = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
            start = Database(engine, {**at, "dbname": "postgres"} if engine == "postgres" else at)
            field = "dbname" if engine == "postgres" else "database"
            for name in names:
                run(python("-c", _CREATE, engine, json.dumps(start.place), name))
            yield [Database(engine, {**at, field: name}) for name in names]
    except (pytest.skip.Exception, pytest.fail.Exception) as error:
        raise BenchError(str(error)) from error


_CREATE = """
import json, sys
from bench.orders import connect
connect(sys.argv[1], json.loads(sys.argv[2])).cursor().execute(f"create database {sys.argv[3]}")
"""


def first_load(work: Path, engine: str, rows: int, rounds: int) -> Section:
    """The section: the whole table by `fondaco ingest`, against reading it to nowhere and against other tools."""
    section = Section(f"First load of {rows:,} orders from {engine}")
    with servers(work, engine, (f"orders_{rows}",)) as (database,):
        database.do("make", str(rows))
        shop, out = _shop(work / f"first-{engine}", database), work / "rival"
        cases: dict[str, Callable[[], Cost]] = {"fondaco": lambda: _ingest(shop, rows)}
        if engine != "mysql":
            cases = {"limit": lambda: database.do("read")} | cases
        if _RIVALS.is_file():
            for tool in _TOOLS[engine]:
                cases[tool] = lambda tool=tool: _rival(tool, database, out, rows)  # type: ignore[misc]
        else:
            section.notes.append("the other tools are not installed: `make bench` does it")
        costs = in_turn(rounds, cases)
    base = costs["fondaco"]
    for name, cost in costs.items():
        what = {"limit": "the server's own client, to nowhere"}.get(name, name)
        section.lines.append(Line(what, cost, "" if name == "fondaco" else "fondaco", None if name == "fondaco" else base))
        section.notes.append(f"{what}: {rows / cost.wall:,.0f} rows/s" + _share(cost, costs.get("limit")))
    verdict = "under" if base.peak < LIMIT else "OVER"
    section.notes.append(f"fondaco's peak: {base.peak / 1e6:,.0f} MB, {verdict} the limit of {LIMIT / 1e6:,.0f} MB")
    return section


def changed_rows(work: Path, engine: str, sizes: tuple[int, int], rounds: int) -> Section:
    """The section: a thousand changed rows in a table and in a larger one, each against its first load and against each other."""
    section = Section(f"A thousand changed rows in {engine}")
    with servers(work, engine, tuple(f"changed_{rows}" for rows in sizes)) as databases:
        cases: dict[str, Callable[[], Cost]] = {}
        first, idle = dict[int, Costs](), dict[int, Costs]()
        for rows, database in zip(sizes, databases, strict=True):
            database.do("make", str(rows))
            shop = _shop(work / f"changed-{engine}-{rows}", database)
            first[rows] = Costs((_ingest(shop, rows),))
            cases[f"changed {rows}"] = lambda shop=shop, database=database: _changed(shop, database)  # type: ignore[misc]
            cases[f"idle {rows}"] = lambda shop=shop: shop.call("ingest").cost  # type: ignore[misc]
        costs = in_turn(rounds, cases)
        idle = {rows: costs[f"idle {rows}"] for rows in sizes}
    small, large = sizes
    for rows in sizes:
        section.lines += [
            Line(f"first load, {rows:,} rows", first[rows]),
            Line(f"1,000 changed of {rows:,}", costs[f"changed {rows}"], "its first load", first[rows]),
        ]
    section.lines += [
        Line(f"1,000 changed of {large:,}", costs[f"changed {large}"], f"of {small:,}", costs[f"changed {small}"]),
        Line(f"nothing changed in {large:,}", idle[large], f"in {small:,}", idle[small]),
    ]
    return section


def _share(cost: Costs, limit: Costs | None) -> str:
    return f", {limit.wall / cost.wall:.2f} of the limit" if limit and cost is not limit else ""


def _shop(folder: Path, database: Database) -> Shop:
    """A shop with a house of its own, whose one system is that of the table."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "systems").mkdir(parents=True)
    for name in ("contracts", "warehouse"):
        (folder / name).symlink_to(ROOT / name)
    # JSON is YAML
    (folder / "systems" / "bench.yml").write_text(json.dumps(system(database.engine)))
    (folder / "fondaco.yml").write_text(json.dumps({"project": "bench", "sources": {"shop": database.source()}}))
    (folder / ".env").write_text(f"PASSWORD={database.place.get('password', '')}\n")
    return Shop(folder)


def _ingest(shop: Shop, rows: int) -> Cost:
    """The first load: of an empty lake, whole."""
    for made in ("lake", ".fondaco"):
        shutil.rmtree(shop.folder / made, ignore_errors=True)
    called = shop.call("ingest")
    if called.rows("landed") != rows:
        raise BenchError(f"{called.rows('landed'):,} of {rows:,} rows landed")
    return called.cost


def _changed(shop: Shop, database: Database) -> Cost:
    database.do("change", "1000")
    called = shop.call("ingest")
    if called.rows("landed") != 1000:
        raise BenchError(f"{called.rows('landed'):,} of 1,000 changed rows landed")
    return called.cost


def _rival(tool: str, database: Database, out: Path, rows: int) -> Cost:
    shutil.rmtree(out, ignore_errors=True)
    return run([str(_RIVALS), str(ROOT / "bench" / "rivals.py"), tool, database.url, str(out), str(rows)])[0]
