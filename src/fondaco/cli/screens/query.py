"""The answer to `fondaco query`, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fondaco.cli.screens.style import DIM, Screen, columns, heading, whole

if TYPE_CHECKING:
    from fondaco.warehouse import QueryResult


def query_screen(found: QueryResult, rows: Sequence[Sequence[Any]]) -> Screen:
    def show(console: Console) -> None:
        table = _table(found, rows)
        widest = console.measure(table, options=console.options.update(max_width=10_000)).maximum
        if widest > console.width and console.is_terminal and len(found.columns) > 1:
            _records(console, found, rows)
        else:
            # in a pipe nobody's window is too narrow: no character may be lost to its width
            console.width = max(console.width, widest)
            console.print(table)
        shown = (
            f"{whole(len(rows))} of {whole(len(found.rows))} rows"
            if len(rows) < len(found.rows)
            else f"{whole(len(rows))} row" + "s" * (len(rows) != 1)
        )
        console.print(Text(shown, style=DIM))

    return show


def _table(found: QueryResult, rows: Sequence[Sequence[Any]]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for index, name in enumerate(found.columns):
        numeric = any(isinstance(row[index], (int, float, Decimal)) for row in rows[:1])
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _records(console: Console, found: QueryResult, rows: Sequence[Sequence[Any]]) -> None:
    """Rows that are wider than the window, one under the other, a column a line."""
    for number, row in enumerate(rows, 1):
        heading(console, f"row {number}")
        columns(console, [(Text(name, style=DIM), _cell(value)) for name, value in zip(found.columns, row, strict=True)], "lw")


def _cell(value: Any) -> Text:
    return Text("NULL", style=DIM) if value is None else Text(str(value))
