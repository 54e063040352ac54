"""A figure and what it is held against; all of them as a table for the terminal or for a page."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from bench.measure import ROOT, Costs, run

_HEAD = ("what", "against", "× CPU (median)", "× wall (median)", "CPU s", "wall s", "peak MB")


@dataclass(frozen=True)
class Line:
    """One figure.

    Attributes:
        costs: None for a part of a run, of which only `wall` is known.
        against: what it is divided by, and its costs.
        minus, against_minus: start-up, taken off each side.
        wall: seconds, where it was not measured as a process.
    """

    what: str
    costs: Costs | None = None
    against: str = ""
    base: Costs | None = None
    minus: Costs | None = None
    base_minus: Costs | None = None
    wall: float | None = None

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of the head; empty where there is nothing to say."""
        if self.costs is None:
            return (self.what, "", "", "", "", _seconds(self.wall), "")
        cpu, wall = (self._net(kind, least=True) for kind in ("cpu", "wall"))
        return (
            self.what,
            self.against,
            self._ratio("cpu"),
            self._ratio("wall"),
            _seconds(cpu[0]),
            _seconds(wall[0]),
            "" if self.minus else f"{self.costs.peak / 1e6:,.0f}",
        )

    def _ratio(self, kind: str) -> str:
        (mine, other), (mine_median, other_median) = self._net(kind, least=True), self._net(kind, least=False)
        return f"{mine / other:.3g} ({mine_median / other_median:.3g})" if other and other_median else ""

    def _net(self, kind: str, *, least: bool) -> tuple[float, float]:
        def of(costs: Costs | None) -> float:
            return float(getattr(costs if least else costs.median, kind)) if costs else 0.0

        return of(self.costs) - of(self.minus), of(self.base) - of(self.base_minus)


@dataclass
class Section:
    """Figures that belong together, and what is to be known of them."""

    title: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def show(sections: Iterable[Section]) -> None:
    """On the terminal."""
    console = Console(width=None if Console().is_terminal else 150)
    for section in sections:
        table = Table(title=section.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for number, name in enumerate(_HEAD):
            table.add_column(name, justify="left" if number < 2 else "right")
        for line in section.lines:
            table.add_row(*line.cells())
        console.print(table)
        for note in section.notes:
            console.print(f"  · {note}", highlight=False)
        console.print()


def page(sections: Iterable[Section]) -> str:
    """As Markdown."""
    parts = [
        f"# Speed and memory\n\n{machine()}\n\nRatios are of the least of several runs made in turn (in brackets: of their medians).\n"
    ]
    for section in sections:
        rows = [_row(_HEAD), _row(["---", "---", *["---:"] * (len(_HEAD) - 2)]), *(_row(line.cells()) for line in section.lines)]
        notes = "".join(f"- {note}\n" for note in section.notes)
        parts.append(f"## {section.title}\n\n" + "\n".join(rows) + "\n" + (f"\n{notes}" if notes else ""))
    return "\n".join(parts)


def machine() -> str:
    """What it ran on, in one line."""
    import os
    from importlib.metadata import version

    engines = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb", "pyarrow"))
    commit = run(["git", "describe", "--always", "--dirty"])[1].strip() if (ROOT / ".git").exists() else "no checkout"
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {engines}; commit {commit}."
    )


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
