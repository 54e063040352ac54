"""Where everything stands in the lake. Pure: names in, names out; paths are relative to the lake and use slashes.

bronze/<source>/<table>/ingestion_date=YYYY-MM-DD/<batch_id>-<part>.parquet
bronze/_commits/<number>.json
bronze/_commits/_checkpoint.jsonl                what counts, as of some commit
bronze/_commits/_history-<number>.jsonl          all commits up to that number, from a thousand before it
bronze/_audit/<time>-<id>-<began|ended|noted>.json
bronze/_quarantine/<source>/<table>/ingestion_date=YYYY-MM-DD/<batch_id>.parquet
bronze/_forgotten/<number>.json                  who was forgotten, as keyed hashes: the list
bronze/_forgotten/<time>-<id>-proof.json         what was done about it
bronze/ingestion_state.json
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

BRONZE = "bronze"
COMMITS = f"{BRONZE}/_commits"
CHECKPOINT = f"{COMMITS}/_checkpoint.jsonl"
QUARANTINE = f"{BRONZE}/_quarantine"
AUDIT = f"{BRONZE}/_audit"
FORGOTTEN = f"{BRONZE}/_forgotten"
STATE = f"{BRONZE}/ingestion_state.json"
LOCK = f"{BRONZE}/_writer.lock"

_PARTITION = re.compile(r"/ingestion_date=(\d{4}-\d{2}-\d{2})/")
_COMMIT = re.compile(rf"{COMMITS}/(\d{{20}})\.json")
_FORGOTTEN = re.compile(rf"{FORGOTTEN}/(\d{{20}})\.json")


def batch_id(number: int, identity: str) -> str:
    """Names a batch so that names sort in landing order; the same content under the same number has the same name."""
    return f"{number:012d}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def data_path(source: str, table: str, ingested_at: datetime, batch: str, part: int) -> str:
    return f"{BRONZE}/{source}/{table}/ingestion_date={ingested_at:%Y-%m-%d}/{batch}-{part:04d}.parquet"


def first_batch(number: int) -> str:
    """Sorts before the batch of that commit and after those of the commits before it."""
    return f"{number:012d}"


def ingestion_date(path: str) -> str | None:
    """The day of a path's partition, None if it has none."""
    match = _PARTITION.search(path)
    return match[1] if match else None


def quarantine_path(source: str, table: str, ingested_at: datetime, batch: str) -> str:
    return f"{QUARANTINE}/{source}/{table}/ingestion_date={ingested_at:%Y-%m-%d}/{batch}.parquet"


def commit_path(number: int) -> str:
    return f"{COMMITS}/{number:020d}.json"


def history_path(last: int) -> str:
    """The file that holds the commits up to `last`."""
    return f"{COMMITS}/_history-{last:020d}.jsonl"


def commit_number(path: str) -> int | None:
    """The number of a commit's path, None for any other path."""
    match = _COMMIT.fullmatch(path)
    return int(match[1]) if match else None


def forgotten_path(number: int) -> str:
    """The list of who was forgotten, once it was written that often."""
    return f"{FORGOTTEN}/{number:020d}.json"


def forgotten_number(path: str) -> int | None:
    """The number of a list's path, None for any other path."""
    match = _FORGOTTEN.fullmatch(path)
    return int(match[1]) if match else None


def proof_path(name: str) -> str:
    """The document that says what was done about one request."""
    return f"{FORGOTTEN}/{name}-proof.json"


def is_data(path: str) -> bool:
    """Whether the path is a file of rows, good or quarantined."""
    return path.startswith(f"{BRONZE}/") and path.endswith(".parquet") and not path.startswith(f"{COMMITS}/")


def is_quarantine(path: str) -> bool:
    """Whether the path is a file of quarantined rows."""
    return path.startswith(f"{QUARANTINE}/")
