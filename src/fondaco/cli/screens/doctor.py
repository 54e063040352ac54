"""The doctor's findings, and the settings in force."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from fondaco.cli.output import shorten
from fondaco.cli.screens.style import BAD, DIM, NAME, OK, WARN, Screen, columns, lines
from fondaco.job.doctor import Check
from fondaco.settings import Effective

_MARKS = {"ok": ("✓", OK), "warn": ("!", WARN), "bad": ("✗", BAD), "skipped": ("·", DIM)}


def checks_screen(checks: Sequence[Check]) -> Screen:
    def show(console: Console) -> None:
        for check in checks:
            mark, style = _MARKS[check.verdict]
            console.print(
                Text.assemble((f"{mark} ", style), (f"{check.part:<10}", NAME), (check.finding, DIM if check.verdict == "skipped" else ""))
            )
            if check.fix:
                lines(console, [Text.assemble(("  fix: ", "cyan"), check.fix)])
        bad = sum(check.verdict == "bad" for check in checks)
        console.print()
        console.print(f"{bad} to mend" if bad else "all well", style=BAD if bad else OK)

    return show


def config_screen(settings: Sequence[Effective]) -> Screen:
    def show(console: Console) -> None:
        rows = [(item.setting, Text(_said(item.value)), Text(shorten(item.origin), style=DIM)) for item in settings]
        columns(console, rows, "lww", head=("setting", "value", "said by"))

    return show


def _said(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(map(str, value)) + "]"
        case _:
            return str(value)
