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
from fondaco.sources import parquet
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


def test_an_encrypted_file_is_refused_by_that_word(file: Path, table: Table) -> None:
    file.write_bytes(b"PARE" + file.read_bytes()[4:-4] + b"PARE")
    with pytest.raises(FileRejected, match="is an encrypted Parquet file"):
        read_parquet(Drop(file, "a.parquet"), table, PARQUET)


def test_a_changed_page_is_seen(file: Path, table: Table) -> None:
    pq.write_table(ROWS, file, compression="none", write_page_checksum=True, use_dictionary=False)
    data = bytearray(file.read_bytes())
    data[data.index(b"\x01\x00\x00\x001") + 4] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(FileRejected, match="is a damaged Parquet file"):
        list(read_parquet(Drop(file, "a.parquet"), table, PARQUET).batches)


def test_text_that_is_none_refuses_the_file_and_a_zero_byte_its_row(file: Path, table: Table) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
    pq.write_table(pa.table({"id": broken, "name": ["a"], "price": [Decimal(1)]}), file)
    with pytest.raises(FileRejected, match="is a damaged Parquet file .*UTF8"):
        list(read_parquet(Drop(file, "a.parquet"), table, PARQUET).batches)
    pq.write_table(pa.table({"id": ["1", "2"], "name": ["a\0", "b"], "price": [Decimal(1), Decimal(2)]}), file)
    content = read_parquet(Drop(file, "a.parquet"), table, PARQUET)
    assert [batch["id"].to_pylist() for batch in content.batches] == [["2"]]
    assert [(reject.row, reject.reason, reject.column) for reject in content.rejects] == [(1, "zero_byte", "name")]


def test_row_groups_are_read_one_after_another(file: Path, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table(
        {"id": [str(number) for number in range(1000)], "name": ["n"] * 1000, "price": [Decimal(number) for number in range(1000)]}
    )
    pq.write_table(rows, file, row_group_size=100)
    monkeypatch.setattr(parquet, "_ROWS_PER_BATCH", 64)
    batches = list(read_parquet(Drop(file, "a.parquet"), table, PARQUET).batches)
    assert max(batch.num_rows for batch in batches) <= 100
    assert [number for batch in batches for number in batch["_row"].to_pylist()] == list(range(1, 1001))
