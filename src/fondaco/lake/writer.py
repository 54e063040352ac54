"""Writes Parquet files that nothing names yet; only a commit makes them count."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from fondaco.contracts import Table
from fondaco.lake import layout
from fondaco.lake.casts import literal
from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.quality import Quality
from fondaco.lake.suppression import Suppression
from fondaco.storage import Store, engine_error, storage_error

#: Level 1 costs a fifth less than the engine's own level 3, and the files are 2 % larger; half the engine's own row group takes
#: half its memory at no cost in time.
_PARQUET = "format parquet, compression zstd, compression_level 1, row_group_size 61440"


@dataclass(frozen=True)
class Origin:
    """Whose rows they are: source, system and table.

    Attributes:
        tables: all tables of the system, for the parents of a row.
    """

    source: str
    system: str
    table: Table
    tables: Mapping[str, Table] = field(default_factory=dict)


def batch_name(store: Store, number: int, identity: str) -> str:
    """Names a batch; where writers elsewhere may be at work, like no batch of theirs; under a lock a repeat overwrites its own remains."""
    return layout.batch_id(number, identity + (uuid.uuid4().hex if store.is_shared else ""))


class Writer:
    """Writes Parquet files for one lake.

    Args:
        connect: gives the DuckDB connection to work in.
        step: called with the name of each step once it is done, so that a test can end the process there.
        suppression: who was forgotten, where rows come.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], duckdb.DuckDBPyConnection],
        quality: Quality,
        step: Callable[[str], None],
        suppression: Suppression | None = None,
    ) -> None:
        self.store = store
        self.quality = quality
        self.step = step
        self.suppression = suppression
        self._connect = connect

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Opened when there is something to write."""
        return self._connect()

    def batch_id(self, number: int, identity: str) -> str:
        """Names a batch; where writers elsewhere may be at work, like no batch of theirs."""
        return batch_name(self.store, number, identity)

    def renumbered(self, commit: Commit, number: int) -> Commit:
        """The same commit under another number, its files written anew; the old ones are removed."""
        batch = f"{number:012d}{commit.batch_id[12:]}"
        files = tuple(self._copied(file, commit.batch_id, batch) for file in commit.files)
        quarantine = self._copied(commit.quarantine, commit.batch_id, batch) if commit.quarantine else None
        renumbered = replace(commit, number=number, batch_id=batch, files=files, quarantine=quarantine)
        if paths := renumbered.data_paths():
            self.store.sync(paths)
        self.store.delete(commit.data_paths())
        return renumbered

    def _copied(self, file: DataFile, old: str, new: str) -> DataFile:
        query = f"select * replace ({literal(new)} as _batch_id) from read_parquet({literal(self.store.url(file.path))}, hive_partitioning = false)"
        return self.copy(query, file.path.replace(old, new))

    def copy(self, query: str, path: str) -> DataFile:
        """Writes the query's rows as one Parquet file."""
        with self.store.writing(path) as place, self._explained(place):
            written = self.connection.execute(f"copy ({query}) to {literal(str(place))} ({_PARQUET})").fetchall()
            with place.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return DataFile(path, int(written[0][0]), place.stat().st_size, digest)

    @contextmanager
    def _explained(self, place: Path) -> Iterator[None]:
        try:
            yield
        except (duckdb.IOException, OSError) as error:
            found = engine_error(error, self.store.place) if self.store.is_shared and isinstance(error, duckdb.Error) else None
            raise found or storage_error(error, "write", str(place), self.store.place) from error
