"""The warehouse held against what it must come to: the simulated shop's answer key, or the totals of the sources themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fondaco.errors import UsageError
from fondaco.job.lock import only_run
from fondaco.job.look import existing_lake
from fondaco.job.simulate import simulated

if TYPE_CHECKING:
    import duckdb

    from fondaco.job import Watch
    from fondaco.lake import Commit, Lake
    from fondaco.settings import Settings
    from fondaco.sources.demo import Facts, Reads, Rules
    from fondaco.warehouse.comparison import Comparison, Difference

#: The zone, currency and weekday of the books that the answer key keeps.
_ZONE, _CURRENCY = "Europe/Berlin", "EUR"


@dataclass(frozen=True)
class Verification:
    """What was compared, and whether all of it is equal.

    Attributes:
        against: what the warehouse was held against, in words.
        until: the last day of the shop that the warehouse holds; None where sources tell no days.
        compared: cells and sums.
        equal: those of them that are as they should be.
        unanswered: relations that nothing is held against, and why.
        notes: what a person should know beside.
    """

    against: str
    until: date | None
    compared: int
    equal: int
    comparisons: tuple[Comparison, ...]
    unanswered: Mapping[str, str]
    notes: tuple[str, ...]
    seconds: float

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The first of each relation."""
        return tuple(difference for comparison in self.comparisons for difference in comparison.examples)

    @property
    def exit_code(self) -> int:
        return 0 if self.equal == self.compared else 1


def verify(settings: Settings, watch: Watch) -> Verification:
    """Compares everything that can be compared. Changes nothing.

    Raises:
        UsageError: there is nothing to verify yet, or the answer key tells of another shop than fondaco.yml describes.
        LockedError: a run is at work.
    """
    begun = time.perf_counter()
    lake = existing_lake(settings)
    if lake is None:
        raise UsageError("there is no lake yet", hint="`fondaco run` makes one")
    with only_run(settings.state_dir):
        has_key = len(settings.sources) == 1 and bool(simulated(settings))
        found = _against_the_answer_key(settings, lake, watch) if has_key else _against_the_sources(settings, lake, watch)
    behind = lake.head() - built_through(settings)
    if behind:
        found.notes.append(f"the lake has {behind} commits that are not in the warehouse yet; they are left out")
    return Verification(
        against="the answer key of the simulated shop" if has_key else "the sources, read again",
        until=found.until,
        compared=sum(comparison.compared for comparison in found.comparisons),
        equal=sum(comparison.equal for comparison in found.comparisons),
        comparisons=tuple(found.comparisons),
        unanswered=found.unanswered,
        notes=tuple(found.notes),
        seconds=time.perf_counter() - begun,
    )


@dataclass
class _Found:
    comparisons: list[Comparison]
    notes: list[str]
    unanswered: Mapping[str, str]
    until: date | None = None


def _against_the_sources(settings: Settings, lake: Lake, watch: Watch) -> _Found:
    from fondaco.job.reread import reread
    from fondaco.storage import place_of
    from fondaco.warehouse.door import reader
    from fondaco.warehouse.reconciliation import reconcile

    watch.step("verify", "the sources are read again and held against the lake")
    built_through(settings)
    again = reread(settings, lake, watch)
    with reader(settings.warehouse, place_of(settings.lake)) as connection:
        return _Found([*again.comparisons, *reconcile(connection)], again.notes, {})


def _against_the_answer_key(settings: Settings, lake: Lake, watch: Watch) -> _Found:
    from fondaco.sources.demo import UNANSWERED, Names, facts_of, left_unread
    from fondaco.storage import place_of
    from fondaco.warehouse.door import reader

    watch.step("verify", "the warehouse is held against the answer key")
    ((source, shop),) = simulated(settings).items()
    rules = _rules(settings)
    built = built_through(settings)
    reads = reads_of_lake(lake, source, built)
    until = max(day for found in reads.values() for day in found.rows | found.keys)
    if unread := left_unread(shop.path, reads, until):
        table, day = next(iter(unread.items()))
        raise UsageError(
            f"{source}.{table} was read up to the end of {day}, other tables up to {until}: the answer key tells of one day",
            hint="`fondaco run` lands and builds all of them",
        )
    watch.note(f"the books of the shop up to {until} are read")
    entities = {"customer": "customers", "product": "products", "seller": "sellers"}
    facts = facts_of(
        shop.path,
        as_of=until + timedelta(days=1),
        reads={entity: reads[table] for entity, table in entities.items()},
        names=Names(source),
        rules=rules,
    )
    with reader(settings.warehouse, place_of(settings.lake)) as connection:
        comparisons = list(_compared(connection, facts, watch))
        comparisons.append(_figures(settings, connection, facts))
        comparisons.append(_glossary(settings, connection, facts))
    return _Found(comparisons, [], UNANSWERED, until)


def _compared(connection: duckdb.DuckDBPyConnection, facts: Facts, watch: Watch) -> Iterator[Comparison]:
    from fondaco.sources.demo import ANSWERS, UNANSWERED_COLUMNS
    from fondaco.warehouse.comparison import compare, rows_as, shape_of

    for relation, answer in ANSWERS.items():
        shape = shape_of(connection, relation, UNANSWERED_COLUMNS)
        rows = ({name: facts.names.of(name, value) for name, value in row.items()} for row in answer.rows(facts))
        found = compare(connection, relation, rows_as(shape, rows), answer.grain)
        watch.note(f"{relation}: {found.equal:,} of {found.compared:,} equal")
        yield found


def _figures(settings: Settings, connection: duckdb.DuckDBPyConnection, facts: Facts) -> Comparison:
    """The figures of the last screen, which are read from the marts by other questions."""
    from fondaco.sources.demo import kpis
    from fondaco.warehouse.comparison import compare, rows_as, shape_of
    from fondaco.warehouse.summary import running_days, summary

    shape = shape_of(connection, "(select '' as kpi, cast(0 as double) as now, cast(0 as double) as before)")
    shown = [{"kpi": kpi.label, "now": _float(kpi.now), "before": _float(kpi.before)} for kpi in summary(settings).kpis]
    expected = rows_as(shape, kpis(facts, running_days(settings)))
    return compare(connection, "KPIs", expected, ("kpi",), found=rows_as(shape, shown))


def _glossary(settings: Settings, connection: duckdb.DuckDBPyConnection, facts: Facts) -> Comparison:
    """Every metric of the glossary, of the whole time and of each month, as `fondaco metrics query` asks for it."""
    from fondaco.job.figures import each_by_month
    from fondaco.sources.demo import ANSWERS, FORMULAS, SPLIT_ONLY, figures, refund_lines
    from fondaco.warehouse.comparison import compare, rows_as, shape_of

    shape = shape_of(connection, "(select '' as metric, cast(null as date) as month, cast(0 as double) as figure)")
    needed = {formula.mart for formula in FORMULAS.values()} - {"refund_lines"}
    rows = {mart: list(ANSWERS[f"gold.{mart}"].rows(facts)) for mart in needed} | {"refund_lines": list(refund_lines(facts))}
    names = [name for name in FORMULAS if name not in SPLIT_ONLY]
    found = rows_as(shape, each_by_month(settings, names, connection))
    return compare(connection, "metrics", rows_as(shape, figures(rows)), ("metric", "month"), found=found)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def built_through(settings: Settings) -> int:
    """Number of the last commit that the warehouse holds. Raises UsageError if there is no complete build."""
    from fondaco.warehouse import ops
    from fondaco.warehouse.door import reader

    with reader(settings.warehouse) as connection:
        last = ops.last_build(connection)
    if last is None:
        raise UsageError("the warehouse has no complete build yet", hint="`fondaco run` makes one")
    return last.through_commit


def reads_of_lake(lake: Lake, source: str, through: int) -> dict[str, Reads]:
    """When the tables of a simulated shop were read for what the warehouse holds. Raises UsageError if the lake has nothing of it."""
    from fondaco.sources.demo import Look, reads_of

    looks = [
        Look(commit.table, _rows_until(commit), commit.step.swept_at)
        for commit in lake.commits()
        if commit.number <= through and commit.source == source and commit.kind in ("land", "sweep")
    ]
    try:
        reads = reads_of(look for look in looks if look.rows_until or look.keys_at)
    except ValueError as error:
        raise UsageError(f"{source}: {error}; the answer key tells of whole days", hint="set `lag` below 5m, and land anew") from error
    missing = {"customers", "products", "sellers"} - reads.keys()
    if missing:
        raise UsageError(f"the warehouse has nothing of {source}.{min(missing)} yet", hint="`fondaco run` lands and builds it")
    return reads


def _rows_until(commit: Commit) -> str | None:
    """Up to when a commit read; a part that a person asked for again moves no position and brings nothing that is new."""
    return commit.window[1] if commit.window is not None and commit.step.cursor is not None else None


def _rules(settings: Settings) -> Rules:
    """The shop's own rules, for the answer key to follow. Raises UsageError for those that it does not know."""
    from fondaco.sources.demo import Rules

    business, rules = settings.business, settings.rules
    for name, is_known in (
        ("business.timezone", business.timezone == _ZONE),
        ("business.currency", business.currency == _CURRENCY),
        ("rules.test_orders", not rules.test_orders.email_domains and not rules.test_orders.coupons),
    ):
        if not is_known:
            raise UsageError(
                f"the answer key of the simulated shop does not know this {name}",
                where=str(settings.file),
                hint=f"it is reckoned in {_CURRENCY} and days of {_ZONE}, with the shop's own tests only: leave {name} as `fondaco init --demo` writes it",
            )
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return Rules(
        settle_days=business.settle_days,
        rfm_window_days=rules.rfm.window_days,
        rfm_frequency_bands=rules.rfm.frequency_bands,
        affinity_window_days=rules.affinity.window_days,
        affinity_min_pair_orders=rules.affinity.min_pair_count,
        affinity_min_support=rules.affinity.min_support,
        affinity_max_basket=rules.affinity.max_basket,
        week_start=weekdays.index(business.week_start),
    )
