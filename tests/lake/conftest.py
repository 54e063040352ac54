"""A lake fed from a folder of drops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, FileFormat, System, Table
from fondaco.lake import Asked, Commit, DefaultQuality, Lake, LandingReport, land
from fondaco.lake.landing import NOTHING
from fondaco.sources.files import FileDrops

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
COLUMNS = (
    Column("id", "bigint", nullable=False),
    Column("name", "varchar"),
    Column("price", "decimal(18,4)", minimum="0"),
    Column("changed_at", "timestamp"),
)
THINGS = Table("things", "One row per version of a thing.", COLUMNS, ("id",), "changed_at", files="*.csv", format=FileFormat("csv"))
HEADER = "id,name,price,changed_at\n"


class Yard:
    """A folder of drops, a lake, and landings from one to the other."""

    table = THINGS
    header = HEADER

    def __init__(self, root: Path, table: Table = THINGS) -> None:
        self.drops = root / "drops"
        self.drops.mkdir(parents=True, exist_ok=True)
        self.place = root / "lake"
        self.table = table

    def drop(self, name: str, *lines: str, header: str = HEADER) -> None:
        (self.drops / name).write_text(header + "".join(f"{line}\n" for line in lines))

    def lake(self, on_step: Callable[[str], None] | None = None) -> Lake:
        return Lake.open(self.place, on_step) if on_step else Lake.open(self.place)

    def sources(self, *others: Table) -> list[FileDrops]:
        tables = {table.name: table for table in (self.table, *others)}
        return [FileDrops("yard", System("shop", "", "UTC", None, (), tables), self.drops, settle=0)]

    def land(self, lake: Lake | None = None, others: Iterable[Table] = (), asked: Asked = NOTHING, **quality: Any) -> LandingReport:
        report = LandingReport()
        settings = replace(DefaultQuality(), **quality)
        for table in land(self.sources(*others), lake or self.lake(), settings, clock=lambda: NOW, asked=asked, report=report):
            assert table.rows_read == table.rows_landed + table.rows_quarantined + table.rows_known
        return report

    def commits(self) -> list[Commit]:
        return self.lake().commits()

    def bronze(self, *names: str) -> list[tuple[Any, ...]]:
        """The committed rows in landing order, without what depends on when they landed."""
        lake = self.lake()
        files = [lake.url(file.path) for commit in lake.live().commits for file in commit.files]
        if not files:
            return []
        rows = lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
        chosen = ", ".join(f'"{name}"' for name in names) or "* exclude (_batch_id, _ingested_at, _position)"
        return rows.order("_batch_id, _position").project(chosen).fetchall()


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
def yards(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Yard]:
    """Fresh yards, for laws that compare several."""
    return lambda: Yard(tmp_path_factory.mktemp("yard"))
