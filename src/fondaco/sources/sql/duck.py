"""DuckDB as the reader of a database that one of its extensions knows: memory-limited, one transaction, Arrow in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from fondaco.sources.sql.dialect import Query, literal
from fondaco.storage import extension

#: Memory that DuckDB may use beside the batches that wait.
_MEMORY = "256MB"


@dataclass(frozen=True)
class Attachment:
    """How DuckDB gets hold of a database.

    Attributes:
        extension: name of the extension, as ``postgres_scanner``.
        query: its table function that runs SQL at the source.
        kind: what ATTACH calls such a database.
        path: what stands in ATTACH; it may be told.
        secret: connection options that may not, by name.
        settings: of DuckDB, by name.
        begin: statements of DuckDB that make the snapshot, once its transaction has begun.
        options: further arguments of `query` for small answers.
        read_only: whether ATTACH says so; else `begin` does.
    """

    extension: str
    query: str
    kind: str
    path: str
    secret: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    begin: tuple[str, ...] = ()
    options: str = ""
    read_only: bool = True


class Duck:
    """One transaction of one attached database."""

    # what fails in the middle of a stream comes through Arrow, in its own errors or as an OSError
    errors = (duckdb.Error, pa.ArrowException, OSError)

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._connection = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": "", "threads": 2})

    def begin(self) -> None:
        for statement in self._opening():
            self._connection.execute(statement).fetchall()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(f"select * from {self._at_source(query, self._attachment.options)}").fetchall()

    def records(self, query: str) -> list[dict[str, Any]]:
        found = self._connection.execute(f"select * from {self._at_source(query, self._attachment.options)}")
        names = [str(column[0]) for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def batches(self, outputs: Sequence[tuple[str, str]], query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
        yield from self.stream(outputs, query.sql(), batch_rows)

    def stream(self, outputs: Sequence[tuple[str, str]], query: str, batch_rows: int, options: str = "") -> Iterator[pa.RecordBatch]:
        """The rows of one statement; `options` are further arguments of the extension's function."""
        wanted = ", ".join(f"{expression} as {_quoted(name)}" for expression, name in outputs)
        with self._connection.execute(f"select {wanted} from {self._at_source(query, options)}").to_arrow_reader(batch_rows) as reader:
            yield from (batch for batch in reader if batch.num_rows)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        # left to the connection's own end, a roll-back that fails because the server is gone would end this process (1.5.5)
        with suppress(duckdb.Error):
            self._connection.execute("rollback")
        self._connection.close()

    def _at_source(self, query: str, options: str = "") -> str:
        return f"{self._attachment.query}('shop', {literal(query)}{options})"

    def _opening(self) -> Iterator[str]:
        attachment = self._attachment
        yield f"load {literal(str(extension(attachment.extension)))}"
        yield "set TimeZone = 'UTC'"
        # the engine would draw on standard output, which may be a document for a program
        yield "set enable_progress_bar = false"
        # what is read ahead is counted without its long texts: the default's 1 MB held 160 MB of them
        yield "set streaming_buffer_size = '100KB'"
        for setting, value in attachment.settings:
            yield f"set {setting} = {literal(value)}"
        options = [f"type {attachment.kind}"] + (["read_only"] if attachment.read_only else [])
        if attachment.secret:
            # apart from the path, which errors name
            said = ", ".join(f"{name} {literal(value)}" for name, value in attachment.secret)
            yield f"create secret shop_access (type {attachment.kind}, {said})"
            options.append("secret shop_access")
        yield f"attach {literal(attachment.path)} as shop ({', '.join(options)})"
        yield "begin"
        yield from attachment.begin


def _quoted(name: str) -> str:
    """A column's name in DuckDB."""
    return '"' + name.replace('"', '""') + '"'
