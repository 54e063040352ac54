"""What runs, while it runs: a spinner where somebody watches, else one line a step; always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fondaco.cli.output import console
from fondaco.cli.screens.style import seconds
from fondaco.settings import is_ci

if TYPE_CHECKING:
    from rich.status import Status

    from fondaco.job import Watch


class _Lines:
    """One line when a step is over; with ``verbose`` one for each thing that happened in it."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self.quiet, self.verbose = quiet, verbose

    def step(self, name: str, doing: str) -> None:
        if self.verbose:
            self._say(f"{name:<10} {doing} …")

    def note(self, text: str) -> None:
        if self.verbose:
            self._say(f"{'':<10} {text}")

    def done(self, name: str, text: str, took: float) -> None:
        if not self.quiet:
            self._say(f"{name:<10} {text} ({seconds(took)})")

    def _say(self, text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class _Spinner(_Lines):
    """The same, and a moving line that tells what is going on."""

    def __init__(self, status: Status, *, quiet: bool, verbose: bool) -> None:
        super().__init__(quiet=quiet, verbose=verbose)
        self.status, self.doing = status, ""

    def step(self, name: str, doing: str) -> None:
        super().step(name, doing)
        self.doing = doing
        self.status.update(f"{doing} …")

    def note(self, text: str) -> None:
        super().note(text)
        self.status.update(f"{self.doing} … [dim]{text}[/dim]")

    def _say(self, text: str) -> None:
        self.status.console.print(text, style="dim", markup=False)


@contextmanager
def watching(*, quiet: bool, verbose: bool) -> Iterator[Watch]:
    """What the job tells its steps to."""
    if quiet or is_ci() or not sys.stderr.isatty():
        yield _Lines(quiet=quiet, verbose=verbose)
    else:
        with console(stderr=True).status("starting …", spinner="dots") as status:
            yield _Spinner(status, quiet=quiet, verbose=verbose)
