"""What was done to the lake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, OK, WARN, Screen, columns, lines, size, whole

if TYPE_CHECKING:
    from fondaco.job.upkeep import Compacted, Rebuilt
    from fondaco.lake import AuditEntry, Dropped, Replayed, Rewound

_OUTCOMES = {"done": OK, "failed": BAD, "interrupted": WARN, "unfinished": WARN}


def rewind_screen(done: Rewound) -> Screen:
    def show(console: Console) -> None:
        name = f"{done.source}.{done.table}"
        files = f", and reads {whole(done.files)} files again" if done.files else ""
        if done.before == done.after:
            console.print(f"{name} goes back{files} on the next run (commit {done.commit})", style=OK)
        else:
            was, now = done.before or "its beginning", done.after or "its beginning"
            console.print(f"{name} stood at {was}; the next run reads from {now}{files} (commit {done.commit})", style=OK)
        console.print(Text("what it finds known is not doubled: fondaco ingest", style=DIM))

    return show


def rebuild_screen(done: Rebuilt) -> Screen:
    def show(console: Console) -> None:
        said = "it said something else before" if done.changed else "it says what it said before"
        console.print(f"ingestion_state.json was made from {whole(done.commit)} commits of {whole(done.tables)} tables: {said}", style=OK)

    return show


def replay_screen(done: Sequence[Replayed]) -> Screen:
    def show(console: Console) -> None:
        if not done:
            console.print("no row is waiting in quarantine", style=OK)
            return
        rows = [
            (
                f"{entry.source}.{entry.table}",
                Text(whole(entry.landed), style=OK if entry.landed else DIM),
                whole(entry.overtaken),
                Text(whole(entry.still_bad), style=WARN if entry.still_bad else DIM),
                Text(whole(entry.unreadable), style=WARN if entry.unreadable else DIM),
            )
            for entry in done
        ]
        columns(console, rows, "lrrrr", head=("table", "landed", "overtaken", "still bad", "no row at all"))
        if any(entry.landed for entry in done):
            lines(console, [Text("build the models over what has landed: fondaco build", style=DIM)])
        if any(entry.still_bad or entry.unreadable for entry in done):
            lines(console, [Text("what is left, and why: fondaco quarantine list", style=DIM)])

    return show


def drop_screen(done: Sequence[Dropped]) -> Screen:
    def show(console: Console) -> None:
        if not done:
            console.print("no such row is waiting in quarantine", style=OK)
            return
        rows = [(f"{entry.source}.{entry.table}", whole(entry.rows), whole(entry.erased)) for entry in done]
        columns(console, rows, "lrr", head=("table", "dropped", "erased"))
        if not any(entry.erased for entry in done):
            lines(console, [Text("they stay, marked as dropped: fondaco quarantine list --all", style=DIM)])

    return show


def compact_screen(done: Compacted) -> Screen:
    def show(console: Console) -> None:
        if not done.done:
            console.print("nothing to put together", style=OK)
            return
        rows = [
            (
                f"{entry.source}.{entry.table}",
                whole(entry.files),
                whole(entry.rows),
                size(entry.bytes),
                "–" if entry.bytes_after is None else size(entry.bytes_after),
            )
            for entry in done.done
        ]
        columns(console, rows, "lrrrr", head=("table", "files", "rows", "before", "after"))
        if done.dry_run:
            said = "nothing was changed: leave out --dry-run to do it"
        else:
            said = "no row has changed; the old files stay a week for whoever reads them"
        lines(console, [Text(said, style=DIM)])

    return show


def audit_screen(entries: Sequence[AuditEntry]) -> Screen:
    def show(console: Console) -> None:
        if not entries:
            console.print("nothing was done to the lake beyond landing", style=OK)
            return
        rows = [
            (
                entry.at[:19].replace("T", " "),
                entry.who,
                entry.action,
                Text(entry.outcome, style=_OUTCOMES.get(entry.outcome, DIM)),
                ", ".join(str(number) for number in entry.commits[:5]) + ("…" if len(entry.commits) > 5 else "") or "–",
                Text("; ".join([*_words(entry.arguments), *_words(entry.counts), *([entry.error] if entry.error else [])]), style=DIM),
            )
            for entry in entries
        ]
        columns(console, rows, "lllllw", head=("when (UTC)", "who", "what", "outcome", "commits", "with, and what came of it"))

    return show


def _words(values: Any) -> list[str]:
    return [f"{name} {_said(value)}" for name, value in values.items()]


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "yes" if value is True else str(value)
