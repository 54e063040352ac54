"""Parquet files: columns keep their own types; what does not fit the declared ones is found on landing.

Row groups are read one after another, so memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet

from fondaco.contracts import FileFormat, Table
from fondaco.sources.archive import Drop
from fondaco.sources.arrow import exact
from fondaco.sources.base import FILE, ROW
from fondaco.sources.content import Content, check_columns, without_zero_bytes

_ROWS_PER_BATCH = 65_536
_ENCRYPTED = b"PARE"


def read_parquet(drop: Drop, table: Table, form: FileFormat) -> Content:  # noqa: ARG001 (as every reader)
    """Checks footer and columns, then opens the file for reading.

    Raises:
        FileRejected: it is empty, truncated, encrypted or no Parquet, or lacks a declared column.
    """
    with drop.path.open("rb") as file:
        beginning = file.read(4)
    if not beginning:
        raise drop.rejected("is empty (0 bytes)", "send it again")
    if beginning == _ENCRYPTED:
        raise drop.rejected("is an encrypted Parquet file", "send it without encryption")
    try:
        metadata = pyarrow.parquet.read_metadata(drop.path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise drop.rejected(
            f"is no whole Parquet file ({str(error).split('. ')[0].rstrip('.')})", "send it again; compare its size with the sender's"
        ) from error
    drop.digest()
    check_columns(drop, schema.names, table)
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    content = Content(iter(()), rows_read=metadata.num_rows, nbytes=size)
    content.batches = _batches(drop, table, content)
    return content


def _batches(drop: Drop, table: Table, content: Content) -> Iterator[pa.RecordBatch]:
    declared = {column.name: column for column in table.columns}
    row = 1
    try:
        with pyarrow.parquet.ParquetFile(drop.path, page_checksum_verification=True) as file:
            for read in file.iter_batches(_ROWS_PER_BATCH):
                read.validate(full=True)  # text that is no UTF-8 is found here
                columns = {name: exact(read.column(at), declared.get(name)) for at, name in enumerate(read.schema.names)}
                columns[FILE] = pa.repeat(pa.scalar(drop.name), read.num_rows)
                columns[ROW] = pa.array(range(row, row + read.num_rows), pa.int64())
                row += read.num_rows
                texts = [name for name, values in columns.items() if name != FILE and pa.types.is_string(values.type)]
                yield without_zero_bytes(drop, pa.RecordBatch.from_pydict(columns), texts, content)
    except (pa.ArrowException, OSError) as error:
        raise drop.rejected(f"is a damaged Parquet file ({str(error).splitlines()[0]})", "send it again") from error
    if row - 1 != content.rows_read:
        raise drop.rejected(f"says that it holds {content.rows_read:,} rows and holds {row - 1:,}", "send it again")
