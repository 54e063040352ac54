"""The lake's state and quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import DIM, NAME, OK, WARN, Screen, ago, columns, lines, whole
from fondaco.job.look import QuarantineRows

if TYPE_CHECKING:
    from fondaco.lake import QuarantineEntry, TableState


def state_screen(tables: Sequence[TableState]) -> Screen:
    def show(console: Console) -> None:
        if not tables:
            console.print("nothing has landed yet; begin with: fondaco run")
            return
        rows = [
            (
                f"{table.source}.{table.table}",
                (table.last_ingested_at or "–")[:26].replace("T", " "),
                whole(table.commit),
                ago(table.committed_at),
                whole(table.rows),
                Text(whole(table.rows_quarantined), style=WARN if table.rows_quarantined else DIM),
            )
            for table in tables
        ]
        columns(console, rows, "llrlrr", head=("table", "read up to", "commit", "committed", "rows", "quarantined"))

    return show


def quarantine_list_screen(entries: Sequence[QuarantineEntry]) -> Screen:
    def show(console: Console) -> None:
        if not entries:
            console.print("nothing was put aside", style=OK)
            return
        rows = [
            (
                f"{entry.source}.{entry.table}",
                Text(whole(entry.rows), style=WARN),
                _status(entry.status, entry.why),
                entry.detail,
                entry.file or "–",
                Text(_example(entry), style=DIM),
            )
            for entry in entries
        ]
        columns(console, rows, "lrwwww", head=("table", "rows", "", "reason", "file", "for example"))
        console.print(Text("the rows themselves: fondaco quarantine show [TABLE]", style=DIM))
        if any(entry.status == "open" for entry in entries):
            console.print(Text("once systems/ or the source is mended: fondaco quarantine replay [TABLE]", style=DIM))

    return show


def _status(status: str, why: str | None) -> Text:
    return Text(f"{status}: {why}" if why else status, style=WARN if status == "open" else DIM)


def _example(entry: QuarantineEntry) -> str:
    value = "no value" if entry.example is None else repr(entry.example)
    return f"{value} in row {entry.first_row}" if entry.file and entry.first_row else value


def _settled(status: str) -> tuple[str, str]:
    return ("" if status == "open" else f"  {status}", DIM)


def quarantine_show_screen(found: QuarantineRows) -> Screen:
    def show(console: Console) -> None:
        if not found.rows:
            console.print("nothing was put aside", style=OK)
            return
        for row in found.rows:
            place = f"{row.file}, row {row.row}" if row.file else f"batch {row.batch_id}"
            console.print(
                Text.assemble(
                    (f"{row.source}.{row.table}", NAME), (f"  {place}  ", DIM), (row.detail or row.reason, WARN), _settled(row.status)
                )
            )
            lines(console, [Text(row.raw, style=DIM)])
        if found.total > len(found.rows):
            console.print(Text(f"{whole(len(found.rows))} of {whole(found.total)}; --limit shows more", style=DIM))

    return show
