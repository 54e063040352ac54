"""How every screen looks: headings, aligned columns, numbers, money, times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Screen = Callable[[Console], None]
Cell = str | Text

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
OK, WARN, BAD, DIM, NAME = "green", "yellow", "red", "dim", "bold"


def heading(console: Console, title: str, aside: str = "") -> None:
    """A blank line, the title, and what qualifies it."""
    console.print()
    console.print(Text.assemble((title, "bold"), ("  " + aside if aside else "", DIM)))


def columns(console: Console, rows: Iterable[Sequence[Cell]], align: str, head: Sequence[str] = ()) -> None:
    """Aligned columns without lines; ``align`` has one letter a column: ``l`` left, ``r`` right, ``w`` left and wrapped."""
    table = Table(box=None, show_header=bool(head), header_style=DIM, padding=(0, 2, 0, 0), pad_edge=False)
    for index, letter in enumerate(align):
        title = head[index] if index < len(head) else ""
        table.add_column(
            title, justify="right" if letter == "r" else "left", no_wrap=letter != "w", overflow="fold" if letter == "w" else "ellipsis"
        )
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def lines(console: Console, texts: Iterable[Cell], style: str = "") -> None:
    """Indented sentences that wrap."""
    for text in texts:
        console.print(Padding(Text(text, style=style) if isinstance(text, str) else text, (0, 0, 0, 2), expand=False))


def whole(value: int | Decimal | None) -> str:
    """``294,875``; a missing number is a dash, not 0."""
    return "–" if value is None else f"{value:,.0f}"


def money(value: Decimal | float | None, currency: str) -> str:
    """``€1,234`` from 1,000 up, ``€12.34`` below; a missing amount is a dash."""
    if value is None:
        return "–"
    sign, amount = ("−" if value < 0 else ""), abs(Decimal(value))
    shown = amount.quantize(Decimal(1 if amount >= 1000 else "0.01"), ROUND_HALF_UP)
    return f"{sign}{_SYMBOLS.get(currency, f'{currency} ')}{shown:,}"


def percent(value: Decimal | float | None) -> str:
    """``3.4%`` of a share; a missing one is a dash."""
    return "–" if value is None else f"{100 * value:.1f}%"


def seconds(value: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60} s"


def ago(moment: str | datetime | None, now: datetime | None = None) -> str:
    """``4 min ago`` of a UTC time; ``never`` of none."""
    if moment is None:
        return "never"
    then = datetime.fromisoformat(moment.replace("Z", "+00:00")) if isinstance(moment, str) else moment
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    passed = ((now or datetime.now(UTC)) - then).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if passed >= 2 * size:
            return f"{int(passed // size)} {unit} ago"
    return f"{max(0, int(passed))} s ago"


def size(value: float) -> str:
    """``12.3 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def bar(share: float, width: int) -> str:
    """A bar of eighth blocks; what is not nothing is seen."""
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def commands(console: Console, tries: Sequence[tuple[str, str]]) -> None:
    """What to try next: a command and what it shows, below it where the line is too short for both."""
    heading(console, "Try next")
    widest = max(len(command) for command, _ in tries)
    beside = all(widest + 4 + len(what) <= console.width for _, what in tries)
    for command, what in tries:
        lines(
            console,
            [Text.assemble((command.ljust(widest) if beside else command, "cyan"), (f"  {what}" if beside else f"\n    {what}", DIM))],
        )
