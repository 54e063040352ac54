"""Figures and rows as one viewer sees them. Every number on a page comes through here: asked as the user, remembered for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fondaco.dashboards.page import Block, Card, Column, Grid, Lack
from fondaco.dashboards.period import Period, said
from fondaco.dashboards.view import Choices, View
from fondaco.errors import Refused
from fondaco.governance.plan import Plan
from fondaco.governance.session import NotBuilt, NotHers, Session
from fondaco.metrics import Asked, Catalogue, Shapes, answer
from fondaco.warehouse import QueryResult

#: Questions of a page that are asked at once.
_AT_ONCE = 4
#: Metrics of order days that grow for weeks after: what is young looks better than it will.
_RIPENS = frozenset({"refund_rate", "return_rate", "refund_order_rate", "fulfilment_rate"})
_WIDEN = "Choose a longer period, or clear the filters."


class NoData(Refused):
    """The viewer sees no day of trade: nothing was built yet, or no row is hers."""


@dataclass(frozen=True)
class Viewer:
    """One person who looks.

    Attributes:
        session: her questions; or one that remembers answers, for her alone.
        running_days: days at the end that are not over yet.
        week_start: the weekday on which a reporting week begins, 0 for Monday.
    """

    session: Session
    plan: Plan
    catalogue: Catalogue
    compiler: Shapes
    currency: str
    running_days: int = 1
    week_start: int = 0
    remember: Callable[[str], QueryResult] | None = None
    _choices: list[Choices] = field(default_factory=list, compare=False)

    @property
    def user(self) -> str:
        return self.session.user

    @property
    def role(self) -> str:
        return self.plan.role(self.user)

    def ask(self, sql: str) -> QueryResult:
        """One statement's answer. Raises as ``Session.ask``."""
        return (self.remember or self.session.ask)(sql)

    # --- what can be chosen ------------------------------------------------------------------------------------------

    def choices(self) -> Choices:
        """The days that are over and the values of filters, as she sees them. Raises NoData."""
        if not self._choices:
            ((first, last),) = self.ask("select min(business_date), max(business_date) from gold.daily_sales").rows
            if last is None:
                countries = " and a country in entitlements.csv" if not self.plan.all_rows(self.role) else ""
                raise NoData(
                    "there is nothing here that you may see",
                    hint=f"if the shop has orders, ask a steward for a role{countries}; if it has none yet: fondaco run",
                )
            end = max(first, last - timedelta(days=self.running_days))
            self._choices.append(Choices(first, end, self.week_start, {name: self._values(name) for name in _VALUES}))
        return self._choices[0]

    def _values(self, name: str) -> tuple[str, ...]:
        try:
            return tuple(str(row[0]) for row in self.ask(_VALUES[name]).rows)
        except (NotBuilt, NotHers):
            return ()

    # --- metrics -----------------------------------------------------------------------------------------------------

    def question(self, names: Sequence[str], view: View, *, by: Sequence[str] = (), grain: str | None = None, period: Period | None = None,
                 where: str | None = None) -> tuple[Asked, Period | None, tuple[str, ...]]:  # fmt: skip
        """How metrics are asked in a view: the question, the days it is of, and the filters that cannot be heeded."""
        metric = self.catalogue.metric(names[0])
        known = [dimension.name for dimension in metric.dimensions]
        days = (period or view.period) if metric.grains else None
        if days is not None and metric.grains[0] == "month":
            days = days.months()
        conditions = [f"({text})" if where and view.where(known) else text for text in (view.where(known), where) if text]
        asked = Asked(names, by, grain, days.since if days else None, days.until if days else None, " and ".join(conditions) or None)
        return asked, days, view.beside(known)

    def rows(self, asked: Asked) -> tuple[tuple[Any, ...], ...]:
        """Keys and figures. Raises as ``Session.ask``; UsageError if it cannot be asked so."""

        def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
            told = self.ask(sql)
            return told.columns, told.rows

        found = answer(self.catalogue, self.compiler, asked, run)
        units = ["text"] * len(found.keys) + [metric.unit for metric in found.metrics]
        return tuple(tuple(_tidy(value, unit) for value, unit in zip(row, units, strict=True)) for row in found.rows)

    def figure(self, asked: Asked) -> Any:
        """One figure; None where there is nothing to reckon it from."""
        found = self.rows(asked)
        return found[0][-1] if found else None

    def card(self, name: str, view: View, *, always: bool = False, notes: Sequence[str] = ()) -> Card | Lack:
        """A metric in a view. `always` takes the whole time, for what says nothing of a short one."""
        metric = self.catalogue.metric(name)
        if lack := self._unread(metric.label, (metric.relation,)):
            return lack
        choices = self.choices()
        period = Period(choices.first_day, choices.last_day) if always else None
        asked, days, beside = self.question([name], view, period=period)
        told = (
            *notes,
            *(f"of every {each}" for each in beside),
            *(("the youngest orders may still change it",) if name in _RIPENS else ()),
        )
        try:
            value = self.figure(asked)
            before = compared = None
            if days is not None and not always and (compared := days.compared(view.comparison)) is not None:
                compared = compared if compared.since >= _month_of(choices.first_day) else None
            if compared is not None:
                before = self.figure(self.question([name], view, period=compared)[0])
        except NotBuilt:
            return _missing(metric.label)
        except Refused as error:
            return Lack(metric.label, "failed", error.message, error.hint or "")
        return Card(metric, value, asked, days, before, compared, told)

    def cards(self, names: Sequence[str], view: View, *, always: Sequence[str] = ()) -> list[Card | Lack]:
        """Metrics side by side."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda name: self.card(name, view, always=name in always), names))

    def over_time(self, name: str, view: View, *, where: str | None = None) -> Grid:
        """A metric along the period, beside what it is compared with, day for day."""
        metric = self.catalogue.metric(name)
        grain = view.period.grain if metric.grains[0] == "day" else "month"
        columns = [Column(grain, grain.capitalize(), "month" if grain == "month" else "date"), Column("now", metric.label, metric.unit)]
        asked, days, _ = self.question([name], view, grain=grain, where=where)
        now = self.rows(asked)
        before = days.compared(view.comparison) if days else None
        if before is None or before.since < _month_of(self.choices().first_day):
            return Grid(tuple(columns), now)
        earlier = self.rows(self.question([name], view, grain=grain, period=before, where=where)[0])
        if grain == "day":
            assert days is not None
            by_place = {(row[0] - before.since).days: row[1] for row in earlier}
            rows = tuple((*row, by_place.get((row[0] - days.since).days)) for row in now)
        else:
            rows = tuple((*row, earlier[place][1] if place < len(earlier) else None) for place, row in enumerate(now))
        return Grid((*columns, Column("before", f"Before ({said(before)})", metric.unit)), rows)

    def split(self, names: Sequence[str], by: str, view: View, *, label: str, where: str | None = None, compare: bool = False) -> Grid:
        """Metrics by a dimension, the largest of the first on top; with what the first is compared with as the second column."""
        metrics = [self.catalogue.metric(name) for name in names]
        asked, days, _ = self.question(names, view, by=[by], where=where)
        found = sorted((row for row in self.rows(asked) if any(row[1:])), key=lambda row: (row[1] is None, -(row[1] or 0)))
        columns = [Column(by, label), *(Column(metric.name, metric.label, metric.unit) for metric in metrics)]
        rows = [(_named(row[0]), *row[1:]) for row in found]
        before = days.compared(view.comparison) if compare and days else None
        if before is not None and before.since >= _month_of(self.choices().first_day):
            earlier = {
                _named(key): value for key, value in self.rows(self.question(names[:1], view, by=[by], period=before, where=where)[0])
            }
            columns.insert(2, Column("before", f"Before ({said(before)})", metrics[0].unit))
            rows = [(row[0], row[1], earlier.get(row[0]), *row[2:]) for row in rows]
        return Grid(tuple(columns), tuple(rows))

    # --- rows of marts -----------------------------------------------------------------------------------------------

    def grid(self, sql: str, *columns: Column) -> Grid:
        """Rows of a statement under named columns, in their order."""
        units = [column.unit for column in columns]
        rows = self.ask(sql).rows
        return Grid(columns, tuple(tuple(_tidy(value, unit) for value, unit in zip(row, units, strict=True)) for row in rows))

    # --- blocks ------------------------------------------------------------------------------------------------------

    def together(self, *makes: tuple[str, Callable[[], Block], Sequence[str]]) -> list[Block | Lack]:
        """Blocks by their title, how they are made and the relations that they read; what cannot be shown says why, and the rest is."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda make: self._attempt(*make), makes))

    def _attempt(self, title: str, make: Callable[[], Block], reads: Sequence[str]) -> Block | Lack:
        if lack := self._unread(title, reads):
            return lack
        try:
            made = make()
        except NotBuilt:
            return _missing(title)
        except NotHers:
            return Lack(title, "forbidden", f"Your role, {self.role}, does not read this.", "Ask a steward: fondaco policy matrix.")
        except Refused as error:
            return Lack(title, "failed", f"{error.message[:1].upper()}{error.message[1:]}.", error.hint or "Try a shorter period.")
        if made.grid.rows:
            return made
        if made.empty is not None:
            return Lack(title, "empty", made.empty, "")
        return Lack(title, "empty", "Nothing to show here for this period and these filters.", _WIDEN)

    def _unread(self, title: str, reads: Sequence[str]) -> Lack | None:
        """What is said of relations that her role does not read, with the roles that do."""
        readers = {relation.path: relation.readers for relation in self.plan.relations}
        for path in reads:
            if self.role not in readers.get(path, (self.role,)):
                who = " or ".join(readers[path]) or "nobody yet"
                return Lack(title, "forbidden", f"Your role, {self.role}, does not read this.", f"Roles that do: {who}.")
        return None


_VALUES = {
    "country": "select distinct country from gold.daily_sales where country is not null order by country",
    "channel": "select distinct channel from gold.daily_sales where channel is not null order by channel",
    "category": "select distinct category from gold.product_performance where category is not null order by category",
}


def _missing(title: str) -> Lack:
    return Lack(title, "missing", "This is not built yet, or is being rebuilt.", "Try again in a minute; if it stays so: fondaco run.")


def _named(value: Any) -> str:
    return "not known" if value is None else str(value)


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _tidy(value: Any, unit: str) -> Any:
    """A count is a whole number, whichever engine summed it."""
    if unit == "count" and isinstance(value, (Decimal, float)):
        return int(value)
    return value
