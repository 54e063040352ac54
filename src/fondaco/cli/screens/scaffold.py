"""What `fondaco init` says."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from fondaco.cli.program import program
from fondaco.cli.scaffold import Scaffold
from fondaco.cli.screens.style import DIM, OK, Screen, columns, commands


def scaffold_screen(done: Scaffold) -> Screen:
    def show(console: Console) -> None:
        rows = [(Text("wrote", style=OK), str(path)) for path in done.written] + [
            (Text("kept", style=DIM), str(path)) for path in done.kept
        ]
        columns(console, rows, "lw")
        option = "" if done.folder == Path() else f" -C {done.folder}"
        tries = [
            (f"{program()} doctor{option}", "check that everything is in place"),
            (f"{program()} run{option}", "land, build, test, show"),
        ]
        commands(console, tries)

    return show
