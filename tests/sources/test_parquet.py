"""Parquet files keep their types, and a damaged one is refused whole."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fondaco.contracts import FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop
from fondaco.sources.parquet import read_parquet

DropMaker = Callable[..., Drop]
PARQUET = FileFormat("parquet")
ROWS = pa.table({"id": ["1", "2"], "name": pa.array(["a", None]).dictionary_encode(), "price": [Decimal("1.50"), Decimal("2.25")]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    pq.write_table(ROWS, tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def test_types_are_kept_and_dictionaries_are_unfolded(file: Path, table: Table) -> None:
    content = read_parquet(Drop(file, "a.parquet"), table, PARQUET)
    (batch,) = content.batches
    assert [str(field.type) for field in batch.schema] == ["string", "string", "decimal128(3, 2)", "string", "int64"]
    assert batch["_row"].to_pylist() == [1, 2]
    assert content.rows_read == 2


@pytest.mark.parametrize("keep", [slice(0, 0), slice(0, 20), slice(0, -3), slice(4, None)])
def test_a_damaged_file_is_refused(file: Path, table: Table, keep: slice) -> None:
    file.write_bytes(file.read_bytes()[keep])
    with pytest.raises(FileRejected, match="a.parquet is "):
        list(read_parquet(Drop(file, "a.parquet"), table, PARQUET).batches)


def test_a_lost_column_is_named(file: Path, table: Table) -> None:
    pq.write_table(ROWS.rename_columns(["id", "name", "prices"]), file)
    with pytest.raises(FileRejected, match="has no column 'price' .was it renamed to 'prices'"):
        read_parquet(Drop(file, "a.parquet"), table, PARQUET)


def test_csv_under_the_name_of_a_parquet_file_is_refused(drop: DropMaker, table: Table) -> None:
    with pytest.raises(FileRejected, match="is no whole Parquet file"):
        read_parquet(drop("id,name,price\n", "a.parquet"), table, PARQUET)
