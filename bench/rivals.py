"""The same table into Parquet by other tools, each as its own documentation does it. Runs in .venv-bench, which `make bench` makes.

    .venv-bench/bin/python bench/rivals.py TOOL URL FOLDER ROWS

URL is SQLAlchemy's. Ends with 1 if not every row arrived.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CHUNK = 100_000


def connectorx(url: str, folder: Path) -> None:
    """connectorx's stream of Arrow into one Parquet file."""
    import connectorx
    import pyarrow.parquet as pq

    plain = url.replace("+psycopg", "").replace("+pymysql", "").replace("sqlite:///", "sqlite://")
    batches = connectorx.read_sql(plain, "select * from orders", return_type="arrow_stream", batch_size=CHUNK)
    with pq.ParquetWriter(folder / "orders.parquet", batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def dlt(url: str, folder: Path, backend: str) -> None:
    """dlt's sql_database with one of its backends into its filesystem destination."""
    for name in ("RUNTIME__DLTHUB_TELEMETRY", "RUNTIME__LOG_LEVEL"):
        os.environ[name] = "false" if name.endswith("TELEMETRY") else "CRITICAL"
    import dlt
    from dlt.sources.sql_database import sql_table

    plain = url.replace("+psycopg", "+psycopg2")
    options = {"backend_kwargs": {"return_type": "arrow_stream", "conn": plain.replace("+psycopg2", "").replace("+pymysql", "")}}
    table = sql_table(plain, table="orders", backend=backend, chunk_size=CHUNK, **(options if backend == "connectorx" else {}))
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=str(folder / "state"), destination=dlt.destinations.filesystem((folder / "lake").as_uri())
    )
    pipeline.run(table, loader_file_format="parquet")


def pandas(url: str, folder: Path) -> None:
    """pandas in chunks, over a cursor at the server: what a script usually does."""
    import pandas
    import sqlalchemy

    with sqlalchemy.create_engine(url).connect().execution_options(stream_results=True) as connection:
        for number, chunk in enumerate(pandas.read_sql("select * from orders", connection, chunksize=CHUNK)):
            chunk["token"] = chunk["token"].astype(str)
            chunk.to_parquet(folder / f"orders-{number:04d}.parquet", compression="zstd")


def arrived(folder: Path) -> int:
    """Rows in the Parquet files of the table; dlt keeps a copy of its own beside them."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in folder.rglob("*.parquet") if _is_table(file.relative_to(folder)))


def _is_table(file: Path) -> bool:
    return file.parts[0] != "state" and not file.match("_dlt*/*")


def main(tool: str, url: str, place: str, rows: str) -> int:
    folder = Path(place)
    folder.mkdir(parents=True)
    if tool.startswith("dlt-"):
        dlt(url, folder, tool.removeprefix("dlt-"))
    else:
        {"connectorx": connectorx, "pandas": pandas}[tool](url, folder)
    if arrived(folder) != int(rows):
        print(f"{arrived(folder):,} of {int(rows):,} rows arrived", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
