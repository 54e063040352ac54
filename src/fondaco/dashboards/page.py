"""A page as a value: what the live app and the report both show. Its figures are there; how it looks is theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fondaco.dashboards.period import Period
from fondaco.metrics import Asked, Metric

if TYPE_CHECKING:
    import altair

    from fondaco.dashboards.looks import Look


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        unit: of a metric (money, count, share, …), or text, date, month, moment.
    """

    name: str
    label: str
    unit: str = "text"


@dataclass(frozen=True)
class Grid:
    """Rows under named columns; what a chart draws and the table under it lists."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """Rows by the names of the columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def column(self, name: str) -> list[Any]:
        """The values of a column."""
        place = [column.name for column in self.columns].index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Card:
    """One figure, and what it is compared with.

    Attributes:
        asked: the question that `fondaco metrics query` answers with the same value.
        period: the days it is of; None where it is as of the last day of trade.
        before: the figure that it is compared with, and of which days.
        notes: what is special about it, such as a filter that it does not heed.
    """

    metric: Metric
    value: Any
    asked: Asked
    period: Period | None
    before: Any = None
    compared: Period | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drill:
    """Rows behind a row of a table, asked for when somebody opens it.

    Attributes:
        rows: the rows behind the row of that number.
    """

    label: str
    rows: Callable[[int], Grid]


@dataclass(frozen=True)
class Block:
    """A question, its answer as a chart and as a table.

    Attributes:
        title: the question.
        says: what the chart shows, for whoever does not see it.
        draw: the chart; None where the table says it better.
        metrics: names of the metrics in it, which the glossary explains.
        notes: what a reader should know.
        wide: whether it takes a whole row.
        listed: rows that a printed table has at most.
        empty: what it means that there is nothing; None where the reader should look wider.
    """

    title: str
    grid: Grid
    says: str = ""
    draw: Callable[[Look], altair.TopLevelMixin] | None = None
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wide: bool = False
    drill: Drill | None = None
    listed: int = 12
    empty: str | None = None


@dataclass(frozen=True)
class Lack:
    """What takes the place of a block that cannot be shown.

    Attributes:
        kind: empty, forbidden, missing or failed.
        says: what is the matter.
        do: what to do about it.
    """

    title: str
    kind: str
    says: str
    do: str


@dataclass(frozen=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: Sequence[Block | Lack]
    intro: str = ""


@dataclass(frozen=True)
class Page:
    """Cards, then sections."""

    name: str
    title: str
    question: str
    cards: Sequence[Card | Lack]
    sections: Sequence[Section]
