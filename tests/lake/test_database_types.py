"""Every type of each source database, at its extremes, lands exactly as its declaration takes it, or its row is put aside."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fondaco.contracts import Column, System, Table
from fondaco.lake import DefaultQuality, Lake, LandingReport, land, show_quarantine
from fondaco.sources.sql import SqlDatabase
from tests.databases import ENGINES, Database, open_database
from tests.sqltypes import CASES, Bad, Case
from tests.sqltypes.page import lines


@dataclass
class Landed:
    """What became of the rows of one table, by id.

    Attributes:
        rows: as they stand in Parquet.
        bad: (reason, column, value) of those in quarantine.
    """

    report: LandingReport
    rows: dict[int, dict[str, Any]]
    bad: dict[int, tuple[str, str | None, str | None]]


def land_types(database: Database, columns: tuple[Column, ...], folder: Path, zone: str = "UTC") -> Landed:
    """Lands the table `things` of which these columns are declared, in a lake of its own."""
    table = Table("things", "", (Column("id", "bigint", nullable=False), *columns), ("id",))
    source = SqlDatabase("shop", System("shop", "", zone, None, (), {"things": table}), database.dialect())
    lake, report = Lake.open(folder), LandingReport()
    list(land([source], lake, DefaultQuality(max_bad_share=Decimal(1)), report=report))
    source.close()
    assert not report.errors, [str(error) for error in report.errors]
    files = [lake.url(file.path) for commit in lake.live().commits for file in commit.files]
    rows = {int(row["id"]): row for file in files for row in pq.read_table(file).to_pylist()}
    aside = show_quarantine(lake, limit=10_000)
    return Landed(report, rows, {int(json.loads(row.raw)["id"]): (row.reason, row.column, row.value) for row in aside})


def exactly(value: Any) -> Any:
    """A value that equals another one only if no bit of it differs."""
    if isinstance(value, float):
        return "nan" if value != value else struct.pack("<d", value)
    return (type(value), str(value))


class Things:
    """A table of all cases of an engine: a column for each, a row for each value, NULL in its other columns."""

    def __init__(self, database: Database, cases: tuple[Case, ...]) -> None:
        self.cases = cases
        self.values = [(index, *value) for index, case in enumerate(cases) for value in case.values]
        if database.engine == "mysql":
            database.do("set time_zone = '+05:30'", "set sql_mode = 'ALLOW_INVALID_DATES'")
        if database.engine == "postgres":
            database.do("set time zone 'Asia/Kolkata'", "set datestyle = 'German'", "set lc_monetary = 'C'")
        database.do(*dict.fromkeys(case.setup for case in cases if case.setup))
        columns = "".join(f", c{index} {case.kind}" for index, case in enumerate(cases))
        database.do(f"create table things (id bigint primary key{columns})")
        for number, (index, written, _, _) in enumerate(self.values):
            database.do(f"insert into things (id, c{index}) values ({number}, {written})")
        database.do(f"insert into things (id) values ({len(self.values)})")

    def declared(self) -> tuple[Column, ...]:
        return tuple(Column(f"c{index}", case.declared) for index, case in enumerate(self.cases))

    def wrong(self, landed: Landed, *, is_declared: bool) -> str:
        """What did not become what it should, one line each."""
        found = list[str]()
        for number, (index, written, declared, undeclared) in enumerate(self.values):
            wanted = declared if is_declared else undeclared
            if isinstance(wanted, Bad):
                is_right = number not in landed.rows and landed.bad.get(number) == (wanted.reason, f"c{index}", wanted.value)
                got: Any = landed.bad.get(number, landed.rows.get(number, {}).get(f"c{index}"))
            else:
                row = dict(landed.rows.get(number, {}))
                got = landed.bad.get(number, row.pop(f"c{index}", "no row"))
                others = {name for name, value in row.items() if name[1:].isdigit() and value is not None}
                is_right = exactly(got) == exactly(wanted) and number not in landed.bad and not others
            if not is_right:
                found.append(
                    f"{self.cases[index].kind} as {self.cases[index].declared}: {written[:80]} gave {str(got)[:120]!r}, not {str(wanted)[:120]!r}"
                )
        nothing = landed.rows.get(len(self.values), {"c0": "no row"})
        return "\n".join(
            found + [f"NULL gave {name} = {value}" for name, value in nothing.items() if name[1:].isdigit() and value is not None]
        )


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, request, tmp_path)
    yield opened
    opened.close()


def test_every_value_of_every_type_lands_exactly_or_is_put_aside(database: Database, tmp_path: Path) -> None:
    things = Things(database, CASES[database.engine])
    landed = land_types(database, things.declared(), tmp_path / "declared")
    assert things.wrong(landed, is_declared=True) == ""
    assert len(landed.rows) + len(landed.bad) == len(things.values) + 1
    drifted = land_types(database, (), tmp_path / "undeclared")
    assert things.wrong(drifted, is_declared=False) == ""
    assert len(drifted.rows) == len(things.values) + 1 and not drifted.bad


def test_the_page_says_what_becomes_of_each_type(repo: Path) -> None:
    page = (repo / "docs/how-to/types-of-databases.md").read_text()
    for engine, cases in CASES.items():
        table = "\n".join(lines(cases))
        assert table in page, f"the table of {engine} must read:\n{table}"
