"""What a reader looks at: a period, what it is compared with, and filters; as they stand in an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fondaco.dashboards.period import COMPARISONS, DEFAULT, Period, period_of

#: Filters by their name in an address; each takes several values, after commas.
FILTERS = ("country", "channel", "category")


@dataclass(frozen=True)
class Choices:
    """What can be chosen, as the viewer sees it: the values of the filters, and the days of the shop that are over."""

    first_day: date
    last_day: date
    week_start: int
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class View:
    """What is looked at. A filter without values leaves nothing out.

    Attributes:
        named: the period as an address has it.
        ignored: what an address asked for and there is not, in words.
    """

    period: Period
    named: str = DEFAULT
    comparison: str = "before"
    country: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def before(self) -> Period | None:
        return self.period.compared(self.comparison)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a filter."""
        found: tuple[str, ...] = getattr(self, name)
        return found

    def query(self) -> dict[str, str]:
        """The parts of the address that are not as they are by default."""
        told = {name: ",".join(self.values(name)) for name in FILTERS if self.values(name)}
        told |= {"period": self.named} if self.named != DEFAULT else {}
        return told | ({"compare": self.comparison} if self.comparison != "before" else {})

    def where(self, known: Sequence[str]) -> str | None:
        """The filters that are known by these names, as a condition on dimensions; None where none is set."""
        told = [f"{name} in ({_listed(self.values(name))})" for name in FILTERS if name in known and self.values(name)]
        return " and ".join(told) or None

    def beside(self, known: Sequence[str]) -> tuple[str, ...]:
        """The filters that are set, and that what knows these names alone cannot heed."""
        return tuple(name for name in FILTERS if name not in known and self.values(name))

    def clause(self, *, day: str = "", month: str = "", more: str = "", **columns: str) -> str:
        """The period and the filters as a WHERE of a mart.

        Args:
            day: the column of days; `month` that of the first days of months, of which the whole ones count.
            more: a further condition.
            columns: the column of each filter that the mart has.
        """
        days = self.period.months() if month else self.period
        told = [f"{day or month} between date '{days.since}' and date '{days.until}'"] if day or month else []
        told += [f"{column} in ({_listed(self.values(name))})" for name, column in columns.items() if self.values(name)]
        told += [more] if more else []
        return f"where {' and '.join(told)}" if told else ""


def view_of(query: Mapping[str, str], choices: Choices) -> View:
    """The view of an address. What an old link asks for and there is not any more is left out and said."""
    ignored = []
    named = query.get("period", DEFAULT)
    period = period_of(named, choices.last_day, choices.first_day, choices.week_start)
    if period is None:
        ignored.append(f"the period {named!r}")
        named = DEFAULT
        period = period_of(named, choices.last_day, choices.first_day, choices.week_start)
        assert period is not None
    comparison = query.get("compare", "before")
    if comparison not in COMPARISONS:
        ignored.append(f"the comparison {comparison!r}")
        comparison = "before"
    filters = {}
    for name in FILTERS:
        asked = [value for value in query.get(name, "").split(",") if value]
        filters[name] = tuple(value for value in asked if value in choices.values.get(name, ()))
        ignored += [f"the {name} {value!r}" for value in asked if value not in filters[name]]
    return View(period, named, comparison, **filters, ignored=tuple(ignored))


def _listed(values: Sequence[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
