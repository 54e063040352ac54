"""The stage: bronze over what the lake holds now, dbt for the rest, the marts that passed their checks shown, a record of how far it came."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from fondaco.lake import Lake
from fondaco.settings import Settings
from fondaco.warehouse import batches, bronze, ops, publish
from fondaco.warehouse.dbt import DbtResult, count, dbt_build
from fondaco.warehouse.door import reader, writer
from fondaco.warehouse.graph import keep_graph
from fondaco.warehouse.nodes import Failure, NodeResult
from fondaco.warehouse.project import fingerprint, folders, require_extras, systems_of, variables
from fondaco.warehouse.publish import MartStatus
from fondaco.warehouse.semantic import keep

#: Views and seeds change with the project alone, and a project that changed is built from the start: they are half of a small build's cost.
_MADE_ONCE = ("config.materialized:view", "resource_type:seed")

#: Rows at fault that a failed test shows: enough to see the kind, few enough to read.
_EXAMPLES = 3


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        models_ok: models, snapshots and seeds made.
        tests_ok: tests passed, those that warned included.
        warnings: what the tests that warned found.
        marts: how each mart stands now: what readers see, and why it is not the one made last.
        full_refresh: whether history was made anew from the whole lake.
        reason: why it was built.
        seconds: wall clock.
    """

    models_ok: int
    tests_ok: int
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    nodes: tuple[NodeResult, ...]
    marts: tuple[MartStatus, ...]
    full_refresh: bool
    reason: str
    seconds: float


def needs_build(settings: Settings, lake: Lake, *, full_refresh: bool = False) -> str | None:
    """Why a build has something to do, None if the warehouse holds all that the lake does, made by today's rules."""
    if full_refresh:
        return "a full refresh was asked for"
    last = _last_build(settings)
    if last is None:
        return "there is no complete build yet"
    if last.fingerprint != fingerprint(settings, systems_of(settings)):
        return "the models or their settings changed"
    head = lake.head()
    if head < last.through_commit:
        return f"the lake ends at commit {head}, the warehouse at {last.through_commit}: it is another lake"
    if not _is_of(last, lake):
        return f"commit {last.through_commit} is not the one that the warehouse was made of: it is another lake"
    if head > last.through_commit:
        return f"commits {last.through_commit + 1} to {head} are new"
    return None if last.lake == lake.url("") else "the lake was moved"


def build(
    settings: Settings,
    lake: Lake,
    *,
    select: str | None = None,
    full_refresh: bool = False,
    dbt: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> BuildReport:
    """Makes silver and gold from what the lake holds, and tests them.

    A mart is shown to readers once its checks have passed; one that fails leaves them the last good one.
    Rows that landed since the last complete build are new; if that build was made by other rules, or of another lake, everything is.
    Running it again after a kill at any point gives the same tables: a model reads the same new rows again and replaces what they touch.

    Args:
        select: dbt's node selection; such a build is not complete and moves no mark.
        dbt: where dbt leaves its own files, if not where builds of this shop leave them.

    Raises:
        ConfigError: a setting asks for what is not installed.
        BuildError: the dbt project cannot be parsed. Failing models and tests are in the report.
        LockedError: another process has the warehouse open.
    """
    if tells_of_forgotten(settings, lake):
        return build_anew(settings, lake, dbt=dbt, on_step=on_step)
    began = time.monotonic()
    require_extras(settings)
    systems = systems_of(settings)
    rules = fingerprint(settings, systems)
    live = lake.live()
    reason = needs_build(settings, lake, full_refresh=full_refresh) or "nothing is new"
    with lake.reading(), writer(settings.warehouse, lake.store.place) as connection:
        ops.prepare(connection)
        publish.prepare(connection)
        last = ops.last_build(connection)
        start_over = (
            full_refresh
            or last is None
            or last.fingerprint != rules
            or not _is_of(last, lake)
            or bronze.resends(systems, live.commits, since=last.through_commit, made=ops.begun(connection))
        )
        since = 0 if start_over or last is None else last.through_commit
        for statement in bronze.statements(systems, live.commits, lake.url, since=since, through=live.number):
            connection.execute(statement)
        batches.record(connection, systems, lake, live, since=since)
        ops.begin(connection, live.number)
    result = dbt_build(
        folders(settings, dbt),
        variables(settings, systems),
        lake.store.place,
        rules=rules,
        select=select,
        exclude=() if start_over or select else _MADE_ONCE,
        full_refresh=start_over,
        on_step=on_step,
    )
    keep(settings, folders(settings, dbt)["target-path"])
    keep_graph(settings, result.graph)
    models, tests = count(result.nodes, "model", "snapshot", "seed"), count(result.nodes, "test", "unit_test")
    with writer(settings.warehouse) as connection:
        connection.begin()
        ops.note_checks(connection, result.nodes)
        publish.publish(
            connection,
            publish.judge(result.nodes, result.lineage),
            lambda test: _difference(connection, result, test),
            through=live.number,
            lineage=result.lineage,
        )
        if select is None and not result.failures:
            made = ops.LastBuild(live.number, live.batch_id, lake.url(""), rules)
            ops.record(connection, made, models=models, tests=tests)
        connection.commit()
        marts = publish.statuses(connection)
    return BuildReport(
        models_ok=models,
        tests_ok=tests,
        failures=_with_examples(settings, lake, result, result.failures),
        warnings=_with_examples(settings, lake, result, result.warnings),
        nodes=result.nodes,
        marts=marts,
        full_refresh=start_over,
        reason=reason,
        seconds=time.monotonic() - began,
    )


def tells_of_forgotten(settings: Settings, lake: Lake) -> bool:
    """Whether the warehouse was made before somebody was forgotten: then what told of her stands in it, in blocks that no table names, too."""
    last = _last_build(settings)
    since = last.through_commit if last is not None else 0
    return settings.warehouse.path.is_file() and any(commit.kind == "erase" for commit in lake.commits(after=since))


def build_anew(settings: Settings, lake: Lake, *, dbt: Path | None = None, on_step: Callable[[str], None] = lambda _: None) -> BuildReport:
    """Builds a new file from the lake, which takes the place of the old one: nothing that was ever deleted is left in it.

    The new one takes the place of the old one even if a test of it fails: what was erased must not stay because of that.

    Raises:
        BuildError, LockedError: as `build`; the old file stays.
    """
    path = settings.warehouse.path
    # a database is named by its file, and views name their database
    beside = path.parent / ".anew" / path.name
    shutil.rmtree(beside.parent, ignore_errors=True)
    if path.is_file():
        with writer(settings.warehouse):
            pass  # nobody has it open, and what its log holds is in it
    made = settings.model_copy(update={"warehouse": settings.warehouse.model_copy(update={"path": beside})})
    # with a folder of its own, so that dbt need not read the project anew for the next run
    report = build(made, lake, full_refresh=True, dbt=dbt or settings.state_dir / "anew", on_step=on_step)
    with writer(made.warehouse) as connection:
        connection.execute("force checkpoint")
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    beside.replace(path)
    shutil.rmtree(beside.parent, ignore_errors=True)
    return report


def _with_examples(settings: Settings, lake: Lake, result: DbtResult, findings: tuple[Failure, ...]) -> tuple[Failure, ...]:
    """The findings; those of data tests show the first rows at fault instead of a count alone."""
    if not any(finding.node in result.questions for finding in findings):
        return findings
    counts = {node.name: node.rows for node in result.nodes}
    with reader(settings.warehouse, lake.store.place) as connection:
        return tuple(
            replace(finding, message=_rows_at_fault(connection, result.questions[finding.node], counts[finding.node] or 0))
            if finding.node in result.questions
            else finding
            for finding in findings
        )


def _difference(connection: duckdb.DuckDBPyConnection, result: DbtResult, test: str) -> Decimal | None:
    """What a failed test found between a mart and the ledger; None if its own rows say nothing of it."""
    name = next(node.name for node in result.nodes if node.id == test)
    if name not in result.questions:
        return None
    found = connection.execute(f"select sum(difference) from ({result.questions[name]}) where check_name = 'adds_up'").fetchone()
    return Decimal(found[0] or 0) if found else None


def _rows_at_fault(connection: duckdb.DuckDBPyConnection, question: str, count: int) -> str:
    try:
        answer = connection.execute(f"select * from ({question}) limit {_EXAMPLES}")
        rows = answer.fetchall()
    except duckdb.Error:
        # what it asks about may have gone with a later failure; the count stays true
        return f"{count:,} rows are at fault"
    names = [column[0] for column in answer.description or []]
    shown = "; ".join(", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)) for row in rows)
    return f"{count:,} rows are at fault, such as {shown}" if count > len(rows) else f"{count:,} rows are at fault: {shown}"


def _is_of(last: ops.LastBuild, lake: Lake) -> bool:
    """Whether a build was made of this lake, not of one that stood in its place: the same number then names another batch."""
    if last.through_commit == 0:
        return True
    commit = lake.log.read(last.through_commit)
    return commit is not None and commit.batch_id == last.through_batch


def _last_build(settings: Settings) -> ops.LastBuild | None:
    if not Path(settings.warehouse.path).is_file():
        return None
    with reader(settings.warehouse) as connection:
        return ops.last_build(connection)
