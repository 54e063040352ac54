"""How fresh each table is, how the last runs went."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, OK, WARN, Screen, ago, columns, heading, lines, seconds, whole
from fondaco.job.runs import RunRecord
from fondaco.job.status import Status, TableStatus

_OUTCOMES = {"ok": OK, "failed": BAD, "killed": WARN, "interrupted": WARN}


def status_screen(found: Status) -> Screen:
    def show(console: Console) -> None:
        heading(console, "Lake", f"{whole(found.head)} commits")
        rows = [_table(table) for table in found.tables]
        columns(console, rows, "lllrr", head=("table", "read up to", "last landed", "rows", "quarantined"))
        for source, reason in found.stale:
            lines(console, [Text.assemble(("stale ", BAD), f"{source}: {reason}")])
        heading(console, "Warehouse")
        lines(
            console,
            [Text(f"behind: {found.needs_build}", style=WARN) if found.needs_build else Text("holds all that the lake does", style=OK)],
        )
        if found.marts:
            held = [mart for mart in found.marts if mart.state != "published"]
            since = f", the oldest verified {ago(min(mart.verified_at for mart in found.marts if mart.verified_at))}" if not held else ""
            shown = Text(f"{len(found.marts) - len(held)} of {len(found.marts)} marts are published{since}", style=WARN if held else OK)
            lines(console, [shown, *(Text.assemble(("✗ ", BAD), f"gold.{mart.mart}: {mart.said}") for mart in held)])
        heading(console, "Last runs", "" if found.runs else "none yet")
        columns(console, [_run(run) for run in found.runs], "lllrrw")

    return show


def _table(table: TableStatus) -> tuple[str | Text, ...]:
    until = Text((table.until or "–")[:19].replace("T", " "), style="" if table.until else DIM)
    aside = Text(whole(table.quarantined), style=WARN if table.quarantined else DIM)
    return f"{table.source}.{table.table}", until, ago(table.landed_at), whole(table.rows), aside


def _run(run: RunRecord) -> tuple[str | Text, ...]:
    outcome = Text(run.outcome, style=_OUTCOMES.get(run.outcome, ""))
    took = seconds(sum(run.seconds.values())) if run.seconds else "–"
    landed = f"{whole(run.rows.get('landed', 0))} rows" if run.rows else "–"
    return run.command, outcome, ago(run.started), took, landed, Text(run.error or "", style=DIM)
