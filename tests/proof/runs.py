"""Landings in processes of their own, which stop at every step until they are told to go on, and can be killed there or anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Literal

import pyarrow as pa

from fondaco.contracts import Table
from fondaco.errors import LockedError
from fondaco.lake import DefaultQuality, Lake, land
from fondaco.sources import Keys, Position, Pull, Source

_CONTEXT = get_context("forkserver")
# what takes long to import is imported once, by the process that the runs are forked from
_CONTEXT.set_forkserver_preload(["tests.proof.runs", "tests.proof.places", "tests.proof.databases"])

#: How a run ended: by itself, turned away by another (exit code 75), with an error of its source or lake, or killed.
Outcome = Literal["done", "locked", "failed", "killed"]


@dataclass(frozen=True)
class Setup:
    """What a run works on: how to open its source and its lake, as calls that a new process can make."""

    source: Callable[..., Source]
    source_arguments: tuple[Any, ...]
    lake: Callable[..., Lake]
    lake_arguments: tuple[Any, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Run:
    """One landing on its way.

    Attributes:
        step: where it stands, None while it works.
        outcome: how it ended, None while it has not.
        said: the error's words, if it ended with one.
    """

    def __init__(self, setup: Setup) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(there, setup), daemon=True)
        self._process.start()
        there.close()
        self.step: str | None = None
        self.steps = list[str]()
        self.outcome: Outcome | None = None
        self.said = ""

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until it stops at its next step or ends; False if neither came in that time."""
        if self.step is not None or self.outcome is not None:
            return True
        try:
            if not self._here.poll(seconds):
                return False
            kind, text = self._here.recv()
        except EOFError:
            kind, text = "failed", "the process died"
        if kind == "step":
            self.step = text
            self.steps.append(text)
        else:
            self.outcome, self.said = kind, text
            self._process.join()
        return True

    def go_on(self) -> None:
        """Lets it work to its next step."""
        assert self.step is not None
        self.step = None
        with suppress(BrokenPipeError):
            self._here.send("go on")

    def kill(self) -> None:
        """Ends it where it is (SIGKILL)."""
        self._process.kill()
        self._process.join()
        self.step, self.outcome = None, "killed"
        self._here.close()

    def to_its_end(self) -> Outcome:
        """Lets it go on undisturbed."""
        while True:
            self.wait()
            if self.outcome is not None:
                return self.outcome
            self.go_on()


@dataclass
class Watched:
    """A source that stops between the batches that it gives."""

    inner: Source
    on_step: Callable[[str], None]

    def __post_init__(self) -> None:
        self.name, self.system = self.inner.name, self.inner.system

    def pulls(self, table: Table, position: Position | None, *more: Any, **options: Any) -> Iterator[Pull]:
        self.on_step(f"asked {table.name}")
        for pull in self.inner.pulls(table, position, *more, **options):
            pull.batches = self._batches(pull.batches, table)
            yield pull

    def keys(self, table: Table, position: Position | None, *more: Any, **options: Any) -> Keys | None:
        found = self.inner.keys(table, position, *more, **options)
        if found is not None:
            found.batches = self._batches(found.batches, table)
        return found

    def notes(self) -> list[str]:
        return self.inner.notes()

    def close(self) -> None:
        self.inner.close()

    def _batches(self, batches: Any, table: Table) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.on_step(f"read {table.name}")
            yield batch


def _work(pipe: Connection, setup: Setup) -> None:
    os.environ.update(setup.environment)

    def on_step(step: str) -> None:
        pipe.send(("step", step))
        pipe.recv()

    try:
        source = setup.source(*setup.source_arguments)
        try:
            lake = setup.lake(*setup.lake_arguments, on_step)
            faults = list[str]()
            for table in land([Watched(source, on_step)], lake, DefaultQuality(), clock=lambda: datetime.now(UTC)):
                assert table.rows_read == table.rows_landed + table.rows_quarantined + table.rows_known
                faults += map(str, table.errors)
        finally:
            source.close()
        pipe.send(("failed", "; ".join(faults)) if faults else ("done", ""))
    except LockedError as error:
        pipe.send(("locked", str(error)))
    except BaseException as error:
        pipe.send(("failed", repr(error)))
        raise
