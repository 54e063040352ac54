"""The answer to `fondaco query`, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fondaco.cli.screens.style import DIM, Screen, whole

if TYPE_CHECKING:
    from fondaco.warehouse import QueryResult


def query_screen(found: QueryResult, rows: Sequence[Sequence[Any]]) -> Screen:
    def show(console: Console) -> None:
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
        for index, name in enumerate(found.columns):
            numeric = any(isinstance(row[index], (int, float, Decimal)) for row in rows[:1])
            table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text("NULL", style=DIM) if value is None else Text(str(value)) for value in row))
        if not console.is_terminal:
            # nobody's window: a pipe must not lose characters to its width
            console.width = max(console.width, console.measure(table).maximum)
        console.print(table)
        shown = (
            f"{whole(len(rows))} of {whole(len(found.rows))} rows"
            if len(rows) < len(found.rows)
            else f"{whole(len(rows))} row" + "s" * (len(rows) != 1)
        )
        console.print(Text(shown, style=DIM))

    return show
