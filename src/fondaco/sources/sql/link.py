"""One snapshot of a database: asked in small, streamed in large, given up when the source stops answering.

What is asked runs in a thread of its own, and a stream a batch or two ahead of whoever uses it; so the source works while the lake does,
and a server that hangs holds nobody up.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from fondaco.errors import SourceError
from fondaco.sources.sql.dialect import Dialect, Query
from fondaco.sources.sql.window import moment

#: Batches that wait beside the one that is used and the one that is being read.
_AHEAD = 1
#: Seconds to wait for a connection, and for a reader that was told to stop.
_CONNECT, _STOP = 10.0, 5.0


class Link:
    """A connection that sees one state of the database, from its opening on.

    Args:
        name: the source's name in fondaco.yml.
        patience: seconds after which a source that gives nothing is given up.

    Raises:
        SourceError: the database cannot be reached or opened.
    """

    def __init__(self, name: str, dialect: Dialect, patience: float) -> None:
        self._name, self._dialect, self._patience = name, dialect, patience
        self._reader: _Reader | None = None
        #: A reader hangs in it, or it failed: nothing more may be asked.
        self.is_broken = False
        self._reach()
        self._engine = dialect.engine()
        self._run(self._engine.begin, "opened")

    def is_free(self) -> bool:
        """Whether something may be asked: ends a stream that was left alone, and says whether that went well."""
        self._stop_reader()
        return not self.is_broken

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The few rows of a query of the source. Raises SourceError."""
        return list(self._run(lambda: self._engine.rows(query), "read"))

    def records(self, query: str) -> list[dict[str, Any]]:
        """The few rows of a statement of the source, by the names of its columns. Raises SourceError."""
        return list(self._run(lambda: self._engine.records(query), "read"))

    def value(self, query: str) -> Any:
        """The first value of a query of the source, None if it gives no row. Raises SourceError."""
        found = self.rows(query)
        return found[0][0] if found else None

    def time(self, query: str) -> datetime | None:
        """The time that a query of the source gives as text. Raises SourceError."""
        value = self.value(query)
        return None if value is None else moment(str(value))

    def stream(self, outputs: Sequence[tuple[str, str]], query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Batches of a query of the source, as they come.

        Args:
            outputs: (DuckDB's expression over the query's columns, name) of each column.

        Raises:
            SourceError: the source failed, or gave nothing for too long.
        """
        self._stop_reader()
        reader = self._reader = _Reader(lambda: self._engine.batches(outputs, query, batch_rows), self._engine.interrupt)
        try:
            while (found := self._next(reader, "read")) is not None:
                yield found
        finally:
            if self._reader is reader:
                self._stop_reader()

    def close(self) -> None:
        """Ends the snapshot; a connection that hangs is left to itself."""
        self._stop_reader()
        if self._reader is None:
            closing = threading.Thread(target=self._engine.close, name="fondaco-close", daemon=True)
            closing.start()
            closing.join(_STOP)  # a process that ends in the middle of it is aborted

    def _reach(self) -> None:
        try:
            self._dialect.probe(_CONNECT)
        except OSError as error:
            said = error.strerror or str(error) or "no answer in time"
            raise SourceError(
                f"the {self._dialect.name} database of source {self._name!r} cannot be reached: {said}",
                where=self._dialect.place,
                hint=f"see whether it is there, and what fondaco.yml says below sources.{self._name}",
            ) from error

    def _run(self, do: Callable[[], Any], what: str) -> Any:
        """What a call gives that should not take long."""
        self._stop_reader()
        reader = self._reader = _Reader(lambda: iter([do()]), self._engine.interrupt)
        found = self._next(reader, what)
        self._next(reader, what)
        self._stop_reader()
        return found

    def _next(self, reader: _Reader, what: str) -> Any:
        try:
            found = reader.next(self._patience)
        except queue.Empty:
            self.is_broken = True
            raise SourceError(
                f"source {self._name!r} gave nothing for {self._patience:g} seconds and was given up",
                where=self._dialect.place,
                hint=f"see whether its server is busy, or raise sources.{self._name}.timeout",
            ) from None
        if isinstance(found, self._engine.errors):
            self.is_broken = True
            raise self._explained(found, what) from found
        if isinstance(found, BaseException):
            raise found
        return found

    def _stop_reader(self) -> None:
        """Ends what is being read; a reader that cannot be ended is left to itself, and its connection with it."""
        if self._reader is None:
            return
        # what is ended in the middle may leave its connection in the middle, too: the next table begins with another one
        self.is_broken = self.is_broken or not self._reader.is_done
        if self._reader.stop(_STOP):
            self._reader = None

    def _explained(self, error: Exception, what: str) -> SourceError:
        said = " ".join(str(error).partition("\nLINE ")[0].split())  # what follows is our own SQL
        for secret in self._dialect.secrets:
            said = said.replace(secret, "***").replace(secret.replace("'", "''"), "***")
        hint = next((advice.hint for advice in self._dialect.advice if advice.sign.lower() in said.lower()), None)
        return SourceError(
            f"the {self._dialect.name} database of source {self._name!r} cannot be {what}: {_short(said)}",
            where=self._dialect.place,
            hint=hint or f"see what fondaco.yml says below sources.{self._name}",
        )


class _Reader:
    """Runs something in a thread and hands over what it gives, one by one."""

    def __init__(self, begin: Callable[[], Iterator[Any]], interrupt: Callable[[], None]) -> None:
        self._begin, self._interrupt = begin, interrupt
        self._ready: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._is_wanted = True
        #: Whether its end was handed over.
        self.is_done = False
        self._thread = threading.Thread(target=self._read, name="fondaco-source", daemon=True)
        self._thread.start()

    def next(self, patience: float) -> Any:
        """The next thing; None at the end, an exception if it failed. Raises queue.Empty if none comes in time."""
        found = self._ready.get(timeout=patience)
        self.is_done = found is None
        return found

    def stop(self, patience: float) -> bool:
        """Ends it; False if it does not end."""
        self._is_wanted = False
        if self._thread.is_alive():
            self._interrupt()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _read(self) -> None:
        try:
            for found in self._begin():
                if not self._hand(found):
                    return
            self._hand(None)
        except BaseException as error:  # noqa: BLE001 - the other thread raises it
            self._hand(error)

    def _hand(self, found: Any) -> bool:
        while self._is_wanted:
            try:
                self._ready.put(found, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False


def _short(said: str) -> str:
    """The part of a message that the source said."""
    for sign in ('": ', "ERROR: ", "FATAL: "):
        if sign in said:
            said = said.rpartition(sign)[2]
    return said[:500].strip()
