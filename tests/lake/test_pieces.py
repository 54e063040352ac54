"""A pull in pieces: one is written while the next is read, and whatever fails, nothing is left and the first failure is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from fondaco.contracts import Column, System, Table
from fondaco.errors import SourceError
from fondaco.lake import DefaultQuality, Lake, LandingReport, batch, land
from fondaco.sources.base import FILE, ROW, Keys, Position, Pull, Span

TABLE = Table("things", "", (Column("id", "bigint", nullable=False), Column("name", "varchar")), ("id",))


class Shop:
    """A source that gives these pieces, one a batch, and then fails if it is told to."""

    name = "shop"
    system = System("shop", "", "UTC", None, (), {"things": TABLE})

    def __init__(self, *pieces: dict[str, list[object]], fails: bool = False) -> None:
        self.pieces, self.fails = pieces, fails

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        pull = Pull("all", (), datetime(2024, 6, 1))
        pull.batches = self.batches(pull)
        yield pull

    def batches(self, pull: Pull) -> Iterator[pa.RecordBatch]:
        for piece in self.pieces:
            count = len(piece["id"])
            numbers = pa.array(range(pull.rows_read + 1, pull.rows_read + count + 1), pa.int64())
            pull.rows_read += count
            yield pa.RecordBatch.from_pydict({**piece, FILE: pa.nulls(count, pa.string()), ROW: numbers})
        if self.fails:
            raise SourceError("the shop went away")

    def keys(self, table: Table, position: Position | None) -> Keys | None:
        return None

    def notes(self) -> list[str]:
        return []

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PART_ROWS", 2)


def landed(place: Path, shop: Shop, on_new_column: str = "add") -> LandingReport:
    report = LandingReport()
    quality = replace(DefaultQuality(), on_new_column=on_new_column)  # type: ignore[arg-type]
    for _ in land([shop], Lake.open(place), quality, report=report):
        pass
    return report


def rows(place: Path) -> list[tuple[object, ...]]:
    lake = Lake.open(place)
    files = [lake.url(file.path) for commit in lake.commits() for file in commit.files]
    return lake.connection.execute(f"select id, name, _row, _position from read_parquet({files}) order by _position").fetchall()


def test_pieces_land_in_the_order_in_which_they_came_whether_typed_or_not_good_or_bad(tmp_path: Path) -> None:
    text: dict[str, list[object]] = {"id": ["5", "six"], "name": ["e", "f"]}
    shop = Shop({"id": [1, 2], "name": ["a", None]}, {"id": [3, None], "name": ["c", ""]}, {"id": [4, 4], "name": ["d", "d"]}, text)
    report = landed(tmp_path, shop)
    assert (report.total("rows_read"), report.total("rows_landed"), report.total("rows_quarantined")) == (8, 6, 2)
    assert rows(tmp_path) == [(1, "a", 1, 1), (2, None, 2, 2), (3, "c", 3, 3), (4, "d", 5, 5), (4, "d", 6, 6), (5, "e", 7, 7)]


def test_a_source_that_fails_between_pieces_leaves_nothing(tmp_path: Path) -> None:
    report = landed(tmp_path, Shop({"id": [1, 2]}, {"id": [3, 4]}, fails=True))
    assert [error.message for error in report.errors] == ["the shop went away"]
    assert list(tmp_path.rglob("*.parquet")) == []


@pytest.mark.parametrize("fails", [False, True])
def test_what_stops_a_piece_is_told_before_what_the_source_said_afterwards(tmp_path: Path, fails: bool) -> None:
    shop = Shop({"id": [1, 2]}, {"id": [3, 4], "colour": ["red", "blue"]}, fails=fails)
    report = landed(tmp_path, shop, on_new_column="stop")
    assert [error.message for error in report.errors] == ["things: new at the source: colour"]
    assert list(tmp_path.rglob("*.parquet")) == []
