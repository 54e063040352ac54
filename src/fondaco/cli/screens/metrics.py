"""What metrics there are, what one means, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fondaco.cli.screens.style import DIM, NAME, WARN, Screen, columns, commands, heading, lines, money, percent, whole

if TYPE_CHECKING:
    from fondaco.metrics import Answer, Metric

_GOOD = {"up": "up is good", "down": "down is good", "neither": ""}


def list_screen(metrics: Iterable[Metric]) -> Screen:
    def show(console: Console) -> None:
        by_owner = sorted(metrics, key=lambda metric: (metric.owner, metric.name))
        for owner, theirs in groupby(by_owner, key=lambda metric: metric.owner):
            heading(console, owner.capitalize())
            columns(console, [_line(metric) for metric in theirs], "lwlll", head=("metric", "label", "unit", "", "where"))
        commands(
            console,
            [
                ("fondaco metrics explain net_revenue", "what it means, and its SQL"),
                ("fondaco metrics query net_revenue --by country --grain month", "what it comes to"),
            ],
        )

    return show


def _line(metric: Metric) -> tuple[str | Text, ...]:
    where = Text("needs a source", style=WARN) if metric.needs else metric.mart
    return Text(metric.name, style=NAME), metric.label, metric.unit, Text(_GOOD[metric.good], style=DIM), where


def explain_screen(metric: Metric, sql: str | None) -> Screen:
    def show(console: Console) -> None:
        heading(console, metric.label, metric.name)
        lines(console, [metric.formula, Text(metric.caveat, style=DIM)])
        console.print()
        good = "neither way" if metric.good == "neither" else metric.good
        told = [("unit", metric.unit), ("good", good), ("counts on", metric.time), ("owner", metric.owner)]
        told += [("stands in", metric.mart), ("read from", metric.relation), ("kind", metric.kind)]
        if metric.parts:
            told.append(("made of", ", ".join(metric.parts)))
        told.append(("can be asked by", ", ".join(each.name for each in metric.dimensions)))
        if metric.by:
            told.append(("not without", ", ".join(metric.by)))
        if metric.grains:
            told.append(("by spans of", ", ".join(metric.grains)))
        if metric.needs:
            told.append(("needs", metric.needs))
        columns(console, [(Text(name, style=DIM), value) for name, value in told], "lw")
        if sql is not None:
            heading(console, "SQL", "of the whole time")
            # as it is, so that it can be copied
            console.print(Text(sql), soft_wrap=True)

    return show


def answer_screen(found: Answer, rows: Sequence[Sequence[Any]], currency: str) -> Screen:
    def show(console: Console) -> None:
        units = (*("" for _ in found.keys), *(metric.unit for metric in found.metrics))
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
        for name, unit in zip(found.columns, units, strict=True):
            table.add_column(Text(name), justify="right" if unit else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(_shown(value, unit, currency)) for value, unit in zip(row, units, strict=True)))
        # in a pipe nobody's window is too narrow: no character may be lost to its width
        if not console.is_terminal:
            console.width = max(console.width, console.measure(table, options=console.options.update(max_width=10_000)).maximum)
        console.print(table)
        of = f" of {whole(len(found.rows))}" if len(rows) < len(found.rows) else ""
        console.print(Text(f"{whole(len(rows))}{of} row{'s' * (len(rows) != 1)}", style=DIM))

    return show


def _shown(value: Any, unit: str, currency: str) -> str:
    """A figure as its unit is read; a missing one is a dash, not 0."""
    if value is None:
        return "–"
    match unit:
        case "money":
            return money(value, currency)
        case "share":
            return percent(value)
        case "count":
            return whole(value)
        case "units":
            return f"{Decimal(value).normalize():,f}"
        case "ratio" | "days" | "hours":
            return f"{value:,.2f}"
        case _:
            return str(value)
