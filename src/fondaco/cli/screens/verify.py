"""What `fondaco verify` says."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, OK, Screen, columns, heading, lines, seconds, whole
from fondaco.job.verify import Verification
from fondaco.warehouse.comparison import Comparison, Difference


def verify_screen(found: Verification) -> Screen:
    def show(console: Console) -> None:
        until = f" up to {found.until:%-d %b %Y}" if found.until else ""
        heading(console, "Verified", f"against {found.against}{until}, in {seconds(found.seconds)}")
        columns(console, map(_relation, found.comparisons), "lrrrl", head=("relation", "rows", "cells", "sums", ""))
        for relation, reason in found.unanswered.items():
            lines(console, [Text(f"{relation} is not compared: {reason}", style=DIM)])
        for note in found.notes:
            lines(console, [Text(f"· {note}", style=DIM)])
        if found.differences:
            heading(console, "Differences", "the first of each relation")
            columns(console, map(_difference, found.differences), "llwrr", head=("relation", "column", "row", "expected", "found"))
        console.print()
        style = OK if found.exit_code == 0 else BAD
        lines(console, [Text(f"{whole(found.equal)} of {whole(found.compared)} equal", style=style)])

    return show


def _relation(compared: Comparison) -> tuple[str | Text, ...]:
    outcome = Text("equal", style=OK) if not compared.wrong else Text(f"{whole(compared.wrong)} differ", style=BAD)
    return compared.relation, whole(compared.rows), whole(compared.cells), whole(compared.sums), outcome


def _difference(one: Difference) -> tuple[str | Text, ...]:
    return one.relation, one.column or "–", one.key, _shown(one.expected), _shown(one.found)


def _shown(value: object) -> Text:
    return Text("NULL", style=DIM) if value is None else Text(str(value))
