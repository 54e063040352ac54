"""What was, or would be, erased of a person; nothing on the screen tells who she is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, OK, WARN, Screen, columns, heading, lines, whole

if TYPE_CHECKING:
    from fondaco.job.erasing import Erasing
    from fondaco.job.expire import Expiring
    from fondaco.job.forget import Forgetting


def forget_screen(done: Forgetting) -> Screen:
    def show(console: Console) -> None:
        _rows(console, done, "no row tells of her any more")
        lines(console, [Text(_last(done, f"request {done.request}"), style=DIM)])

    return show


def expired_screen(done: Expiring) -> Screen:
    def show(console: Console) -> None:
        told = [(", ".join(rule.classes), rule.period, rule.before[:10], whole(rule.people), whole(rule.rows)) for rule in done.rules]
        columns(console, told, "lllrr", head=("kept", "for", "not seen since", "people, new", "rows"))
        console.print()
        _rows(console, done, "no row says more than may be kept")
        lines(console, [Text(_last(done, f"as of {done.at}"), style=DIM)])

    return show


def _rows(console: Console, done: Erasing, none: str) -> None:
    if done.tables:
        rows = [
            (
                f"{table.source}.{table.table}",
                whole(table.rows),
                whole(table.quarantined),
                whole(len(table.files)),
                whole(len(table.removed)),
            )
            for table in done.tables
        ]
        columns(console, rows, "lrrrr", head=("table", "rows", "put aside", "files written anew", "removed"))
    else:
        console.print(none, style=OK)
    heading(console, "Besides" if not done.dry_run else "Besides, it would be done")
    lines(console, _besides(done))
    if done.not_ours:
        heading(console, "Not ours, and not touched")
        lines(console, done.not_ours, style=WARN)
    if done.failures or done.differences:
        heading(console, "Not as it should be")
        lines(console, [*done.failures, *done.differences], style=BAD)


def _besides(done: Erasing) -> list[str]:
    said = []
    if done.warehouse:
        said.append("the warehouse is built anew, as a new file")
    if done.served:
        said.append("the server that people ask gets the new rows and lets go of the old ones")
    if done.known:
        said.append(f"{len(done.known)} warehouses of earlier days are removed; they are made again when somebody asks")
    if done.texts:
        said.append(f"{len(done.texts)} logs and notes lose what they say of it")
    if done.totals is not None and not done.differences:
        said.append(f"{done.totals:,} totals of silver and gold are what they were")
    waiting = sum(table.waiting for table in done.tables)
    if waiting:
        said.append(f"{waiting} files of writers that died are swept when they are a day old")
    return [*said, *done.notes] or ["nothing else holds it"]


def _last(done: Erasing, what: str) -> str:
    if done.dry_run:
        return "nothing was changed: the same with -y instead of --dry-run does it, and it cannot be undone"
    return f"{what}; the proof: {done.proof}" if done.proof else f"{what}: there was nothing to do"
