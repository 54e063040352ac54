"""The rows of several metrics side by side: each is asked by itself, of its own table, so that no join can multiply a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from fondaco.metrics.compiler import columns
from fondaco.metrics.definitions import Catalogue, Metric
from fondaco.metrics.question import Asked, Question, questions

#: Runs one SELECT; answers with the names of its columns and its rows.
Run = Callable[[str], tuple[Sequence[str], Sequence[Sequence[Any]]]]
#: Looks at the SQL of a metric before any is run, and raises where it may not be.
Check = Callable[[Metric, str], None]


class Compiles(Protocol):
    """Makes SQL of a question: a compiler, or one that remembers."""

    def sql(self, question: Question) -> str:
        """One SELECT, as ``Compiler.sql``."""


_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Answer:
    """Rows of keys and figures, ordered by their keys.

    Attributes:
        keys: names of the first columns: the span of time (its first day), then the dimensions.
        metrics: what the other columns are.
        sql: what was run for each metric, by its name.
    """

    keys: tuple[str, ...]
    metrics: tuple[Metric, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        return (*self.keys, *(metric.name for metric in self.metrics))


def answer(catalogue: Catalogue, compiler: Compiles, asked: Asked, run: Run, check: Check = lambda _metric, _sql: None) -> Answer:
    """Asks each metric and puts the answers together; a figure that one of them has no row for is missing, not 0.

    Raises:
        UsageError: it cannot be asked so.
    """
    posed = questions(catalogue, asked)
    said = {question.metric.name: compiler.sql(question) for question in posed}
    for question in posed:
        check(question.metric, said[question.metric.name])
    found = [_figures(question, *run(said[question.metric.name])) for question in posed]
    keys = sorted({key for figures in found for key in figures}, key=_sortable)
    rows = tuple((*key, *(figures.get(key) for figures in found)) for key in keys)
    return Answer(posed[0].keys, tuple(question.metric for question in posed), rows, said)


def _figures(question: Question, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[tuple[Any, ...], Any]:
    places = [list(names).index(name) for name in columns(question)]
    figures = {tuple(_key(row[place]) for place in places[:-1]): row[places[-1]] for row in rows}
    if question.grain is not None:
        # what has no day, such as a parcel without a promise, is in no span of time
        figures = {key: value for key, value in figures.items() if key[0] is not None}
    if question.metric.share_of_all is not None:
        figures = _shares(figures, question.keys.index(question.metric.share_of_all))
    return {key: _figure(value, question.metric.unit) for key, value in figures.items()}


def _shares(figures: Mapping[tuple[Any, ...], Any], place: int) -> dict[tuple[Any, ...], Any]:
    """Each value's share of the sum over one of the keys."""
    totals: dict[tuple[Any, ...], Any] = defaultdict(int)
    for key, value in figures.items():
        totals[key[:place] + key[place + 1 :]] += value or 0
    shares: dict[tuple[Any, ...], Any] = {}
    for key, value in figures.items():
        total = totals[key[:place] + key[place + 1 :]]
        shares[key] = float(value / total) if total and value is not None else None
    return shares


def _key(value: Any) -> Any:
    """The first day of a span of time is a day."""
    return value.date() if isinstance(value, datetime) else value


def _figure(value: Any, unit: str) -> Any:
    """Ratios come as floats, and an amount of money is none; engines differ in what a sum of whole numbers and a quotient are."""
    if unit == "money":
        return Decimal(repr(value)).quantize(_FOUR_PLACES, ROUND_HALF_UP) if isinstance(value, float) else value
    if not isinstance(value, Decimal) or unit == "units":
        return value
    return int(value) if unit in ("count", "class") else float(value)


def _sortable(key: tuple[Any, ...]) -> tuple[tuple[bool, Any], ...]:
    """Missing values last; those of one column are of one type."""
    return tuple((value is None, 0 if value is None else value) for value in key)
