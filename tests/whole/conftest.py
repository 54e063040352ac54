"""Shops to run as a whole, and what makes two warehouses the same."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondaco.cli import main
from fondaco.job import RunReport, run
from fondaco.lake import Lake
from fondaco.settings import Settings, load_settings
from fondaco.storage import place_of
from fondaco.warehouse import bronze, query
from fondaco.warehouse.project import systems_of

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

RETAIL = """\
version: 1
project: gifts
business: {{timezone: Europe/London, currency: GBP}}
sources:
  gifts: {{type: files, path: "{drops}", system: online_retail}}
"""

#: Names the landing and nothing of the shop: differs between two runs that land the same.
_OF_THE_LANDING = frozenset({"recorded_at"})
#: Rows without a time of their own, in a table that keeps no time of landing to tell them by.
_TRUE_SINCE_THEY_LANDED = frozenset({"intermediate.int_order_items__recorded"})
_OF_THE_BATCH = frozenset({"_batch_id", "_ingested_at", "_position", "_is_new"})


class Unwatched:
    """Nobody looks on."""

    def step(self, name: str, doing: str) -> None: ...
    def note(self, text: str) -> None: ...
    def done(self, name: str, text: str, took: float) -> None: ...


@dataclass(frozen=True)
class Call:
    """What a call of the command line came to: its exit code, its document on stdout, what it said on stderr."""

    exit_code: int
    told: dict[str, Any]
    said: str

    @property
    def data(self) -> Any:
        return self.told["data"]


@dataclass(frozen=True)
class Shop:
    """A folder with a fondaco.yml, and what stands in it after runs."""

    root: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.root, None, {})

    @property
    def drops(self) -> Path:
        return self.root / "drops"

    @property
    def lake(self) -> Lake:
        return Lake.open(place_of(self.settings.lake))

    def configure(self, text: str) -> Shop:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "fondaco.yml").write_text(text, encoding="utf-8")
        return self

    def drop(self, name: str, lines: Iterable[str], header: str = HEADER) -> Path:
        """Writes one file of invoice lines; a name that ends with .gz is compressed."""
        text = "".join(f"{line}\n" for line in (header, *lines)).encode()
        return self.drop_bytes(name, gzip.compress(text, mtime=0) if name.endswith(".gz") else text)

    def drop_bytes(self, name: str, content: bytes) -> Path:
        path = self.drops / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, command: str = "run", *, exit_code: int = 0, select: str | None = None, full_refresh: bool = False) -> RunReport:
        """A run in this process that must come to this exit code."""
        report = run(self.settings, command, watch=Unwatched(), select=select, full_refresh=full_refresh)
        failures = report.build.failures if report.build else ()
        assert report.exit_code == exit_code, (report.faults, failures)
        return report

    def call(self, *words: str) -> Call:
        """A call as a person makes it, with its answer as JSON."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*words, "-C", str(self.root), "--json"])
        return Call(code, json.loads(out.getvalue()), err.getvalue())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(query(self.settings, sql).rows)

    def value(self, sql: str) -> Any:
        """The one value of the one row."""
        ((value,),) = self.rows(sql)
        return value

    def landed(self, sql: str) -> list[tuple[Any, ...]]:
        """An answer from bronze as a build would make it of the lake, without one."""
        with duckdb.connect() as connection:
            for statement in bronze.statements(systems_of(self.settings), self.lake.commits(), self.lake.url, since=0):
                connection.execute(statement)
            return connection.execute(sql).fetchall()

    def copy(self, root: Path) -> Shop:
        """The same shop in another folder, with its lake, its warehouse and its drops, all as they are now."""
        shutil.copytree(self.root, root)
        return Shop(root)

    def forget_the_warehouse(self) -> None:
        for path in self.root.glob("warehouse.duckdb*"):
            path.unlink()


def retail(root: Path, files: Mapping[str, Sequence[str]] | None = None, *, drops: str = "./drops", more: str = "") -> Shop:
    """A gift shop that gets its invoice lines as files."""
    shop = Shop(root).configure(RETAIL.format(drops=drops) + more)
    shop.drops.mkdir(exist_ok=True)
    for name, lines in (files or {}).items():
        shop.drop(name, lines)
    return shop


def differences(one: Shop, other: Shop, *, landing: bool = False, rows_of_the_lake: bool = True) -> list[str]:
    """Where two warehouses differ: in any column of any table, but for the time of landing; empty if they are the same.

    Left out are the work lists of a build (``int_…__touched`` and the like: what the last build computed anew) and the record of builds.

    Args:
        landing: hold the time of landing against each other too; for two warehouses of one lake.
        rows_of_the_lake: hold the committed rows of the lakes against each other too, but for what names their batch.
    """
    left, right = _digests(one, landing=landing, bronze=rows_of_the_lake), _digests(other, landing=landing, bronze=rows_of_the_lake)
    found = [f"only one has {name}" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        if left[name] != right[name]:
            found.append(f"{name}: {left[name][1]} rows and {right[name][1]}{_example(one, other, name, left[name][0])}")
    return found


_OBSERVED = "case when observed_at <> recorded_at then observed_at end as observed_at"
#: Of a relation: its columns that count, as expressions, its number of rows, the sum of its rows' hashes.
_Digest = tuple[tuple[str, ...], int, int]


def _digests(shop: Shop, *, landing: bool, bronze: bool) -> dict[str, _Digest]:
    left_out = frozenset[str]() if landing else _OF_THE_LANDING
    with duckdb.connect(str(shop.settings.warehouse.path), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for schema, name, column in connection.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns()
            where not internal and (
                (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables()) or schema_name = 'bronze'
            )
            order by schema_name, table_name, column_name
            """
        ).fetchall():
            if (
                schema != "ops"
                and not name.endswith(("__touched", "__landed", "__concerned", "__renewed", "__states", "__known"))
                and (bronze or schema != "bronze")
                # it tells of the landings themselves: how many there were, and when
                and (landing or name != "data_health")
            ):
                columns.setdefault(f"{schema}.{name}", []).append(column)
        found: dict[str, _Digest] = {}
        for name, names in columns.items():
            chosen = tuple(f'"{column}"' for column in names if column not in left_out and column not in _OF_THE_BATCH)
            if not landing and name in _TRUE_SINCE_THEY_LANDED:
                chosen = tuple(column for column in chosen if column != '"observed_at"')
            elif not landing and {"observed_at", "recorded_at"} <= set(names):
                # what has no time of its own, such as an order's line, is true since it landed
                chosen = tuple(_OBSERVED if column == '"observed_at"' else column for column in chosen)
            rows = connection.execute(
                f"select count(*), coalesce(sum(cast(hash(whole) as hugeint)), 0) from (select {', '.join(chosen)} from {name}) as whole"
            ).fetchall()
            found[name] = (chosen, int(rows[0][0]), int(rows[0][1]))
    return found


def _example(one: Shop, other: Shop, name: str, columns: Sequence[str]) -> str:
    """A few rows that one has and the other has not."""
    asked = f"select {', '.join(columns)} from {name}"
    tables = []
    for shop in (one, other):
        with duckdb.connect(str(shop.settings.warehouse.path), read_only=True) as connection:
            tables.append(connection.execute(asked).to_arrow_table())
    with duckdb.connect() as connection:
        for place, table in zip(("left_rows", "right_rows"), tables, strict=True):
            connection.register(place, table)
        lines = [f"; columns {', '.join(columns)}"]
        for first, second in (("left_rows", "right_rows"), ("right_rows", "left_rows")):
            rows = connection.execute(f"(from {first} except all from {second}) order by all limit 3").fetchall()
            lines += [f"  only in {first}: {row}" for row in rows]
    return "\n".join(lines)


@pytest.fixture
def shop_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Fresh folders for shops."""
    return lambda: tmp_path_factory.mktemp("shop") / "shop"
