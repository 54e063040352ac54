"""What is asked, held against the definitions: a question that comes out of here can be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from fondaco.errors import UsageError, did_you_mean
from fondaco.metrics.condition import condition
from fondaco.metrics.definitions import GRAINS, Catalogue, Dimension, Metric

__all__ = ["GRAINS", "Asked", "Question"]


@dataclass(frozen=True)
class Asked:
    """What a person asks.

    Attributes:
        names: metrics or classes.
        by: dimensions.
        grain: day, week, month, quarter or year; None for the whole time in one.
        since, until: the first and the last day that count, both included.
        where: a condition on dimensions.
    """

    names: Sequence[str]
    by: Sequence[str] = ()
    grain: str | None = None
    since: date | None = None
    until: date | None = None
    where: str | None = None


@dataclass(frozen=True)
class Question:
    """One metric, asked as it can be.

    Attributes:
        grain: the span of time of a row.
        conditions: as MetricFlow takes them.
    """

    metric: Metric
    by: tuple[Dimension, ...] = ()
    grain: str | None = None
    conditions: tuple[str, ...] = field(default=())

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns before the metric's own: the span of time, then the dimensions as they are asked for."""
        return ((self.grain,) if self.grain else ()) + tuple(each.name for each in self.by)


def questions(catalogue: Catalogue, asked: Asked) -> tuple[Question, ...]:
    """One question per metric, in the order of their names.

    Raises:
        UsageError: a metric, a dimension, a span of time or a condition that there is not; a metric that cannot be asked, or not so.
    """
    if asked.grain is not None and asked.grain not in GRAINS:
        raise UsageError(f"there is no span of time {asked.grain!r}{did_you_mean(asked.grain, GRAINS)}", hint=f"--grain {'|'.join(GRAINS)}")
    if asked.since and asked.until and asked.until < asked.since:
        raise UsageError(f"--until {asked.until} is before --since {asked.since}", hint="both days are counted")
    names, by = list(dict.fromkeys(asked.names)), list(dict.fromkeys(asked.by))
    for metric in [catalogue.metric(name) for name in names]:
        if metric.counted_by is not None:
            # a class is no number: what is in it is counted
            names = [metric.counted_by if name == metric.name else name for name in names]
            by = [*by, metric.name] if metric.name not in by else by
    return tuple(_question(catalogue.metric(name), by, asked) for name in dict.fromkeys(names))


def _question(metric: Metric, by: Sequence[str], asked: Asked) -> Question:
    if metric.needs is not None:
        raise UsageError(f"{metric.name} needs {metric.needs}", hint=f"`fondaco metrics explain {metric.name}` says what it would be")
    _check_times(metric, asked)
    dimensions = tuple(metric.dimension(name) for name in by)
    said, named = condition(asked.where, metric.dimension) if asked.where else ("", frozenset())
    lacking = [name for name in metric.by if name not in named and name not in {each.name for each in dimensions}]
    if lacking:
        raise UsageError(
            f"{metric.name} says nothing without {' and '.join(lacking)}",
            hint=" ".join(f"--by {name}" for name in lacking) + ", or pin it with --where",
        )
    if metric.share_of_all in named:
        raise UsageError(
            f"{metric.name} is a share of all by {metric.share_of_all}, so --where cannot leave some out",
            hint=f"--by {metric.share_of_all} without it",
        )
    return Question(metric, dimensions, asked.grain, (*([said] if said else ()), *_between(metric, asked)))


def _check_times(metric: Metric, asked: Asked) -> None:
    if not (asked.grain or asked.since or asked.until):
        return
    if not metric.grains:
        raise UsageError(
            f"{metric.name} has no days: it is as of the last day of trade",
            hint="leave out --grain, --since and --until (--as-known-at has it of earlier days)",
        )
    if asked.grain and asked.grain not in metric.grains:
        raise UsageError(f"{metric.name} is counted by {metric.grains[0]}, not by {asked.grain}", hint=f"--grain {'|'.join(metric.grains)}")
    if metric.grains[0] == "month":
        if asked.since and asked.since.day != 1:
            raise UsageError(
                f"{metric.name} is counted by month, and --since {asked.since} is in one", hint=f"--since {asked.since:%Y-%m}-01"
            )
        if asked.until and (asked.until + timedelta(days=1)).day != 1:
            end = (asked.until.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            raise UsageError(f"{metric.name} is counted by month, and --until {asked.until} is in one", hint=f"--until {end}")


def _between(metric: Metric, asked: Asked) -> tuple[str, ...]:
    time = f"{{{{ TimeDimension('metric_time', '{metric.grains[0]}') }}}}" if metric.grains else ""
    since = (f"{time} >= cast('{asked.since}' as date)",) if asked.since else ()
    return (*since, f"{time} < cast('{asked.until + timedelta(days=1)}' as date)") if asked.until else since
