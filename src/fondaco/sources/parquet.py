"""Parquet files: columns keep their own types; what does not fit the declared ones is found on landing."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.base import FILE, ROW
from fondaco.sources.content import Content, check_columns

_ROWS_PER_BATCH = 65_536


def read_parquet(drop: Drop, table: Table, form: FileFormat) -> Content:  # noqa: ARG001 (as every reader)
    """Checks footer and columns, then opens the file for reading.

    Raises:
        FileRejected: it is empty, truncated or no Parquet, or lacks a declared column.
    """
    if drop.path.stat().st_size == 0:
        raise drop.rejected("is empty (0 bytes)", "send it again")
    try:
        metadata = pyarrow.parquet.read_metadata(drop.path)
        schema = pyarrow.parquet.read_schema(drop.path)
    except (pa.ArrowInvalid, OSError) as error:
        raise drop.rejected(
            f"is no whole Parquet file ({str(error).split('. ')[0].rstrip('.')})", "send it again; compare its size with the sender's"
        ) from error
    drop.digest()
    check_columns(drop, schema.names, table)
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    return Content(_batches(drop), rows_read=metadata.num_rows, nbytes=size)


def _batches(drop: Drop) -> Iterator[pa.RecordBatch]:
    row = 1
    try:
        with pyarrow.parquet.ParquetFile(drop.path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(_ROWS_PER_BATCH):
                batch = _plain(batch).append_column(FILE, pa.repeat(pa.scalar(drop.name), batch.num_rows))
                yield batch.append_column(ROW, pa.array(range(row, row + batch.num_rows), pa.int64()))
                row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise drop.rejected(f"is a damaged Parquet file ({str(error).splitlines()[0]})", "send it again") from error


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Dictionary-encoded columns as their values, so that files that differ in encoding alone have one type."""
    for index, column in enumerate(batch.schema):
        if pa.types.is_dictionary(column.type):
            values = pc.cast(batch.column(index), column.type.value_type)
            batch = batch.set_column(index, column.name, values)
    return batch
