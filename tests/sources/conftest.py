"""Files to read, and the table they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.contracts import Column, FileFormat, Table
from fondaco.sources.archive import Drop

DropMaker = Callable[..., Drop]


@pytest.fixture
def table() -> Table:
    """Three columns, delimited by commas."""
    columns = (Column("id", "varchar", nullable=False), Column("name", "varchar"), Column("price", "decimal(18,4)"))
    return Table("things", "One row per thing.", columns, key=("id",), files="*.csv*", format=FileFormat("csv"))


@pytest.fixture
def drop(tmp_path: Path) -> DropMaker:
    """Writes a file and gives it as a drop."""

    def write(content: bytes | str, name: str = "a.csv") -> Drop:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Drop(path, name)

    return write
