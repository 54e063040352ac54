"""What readers see of gold: a mart is shown once its checks have passed; until then they keep the last good one.

A mart is made in schema `marts`; `gold` holds a view of it. What is shown changes here alone, for all marts in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import duckdb

from fondaco.settings import Settings
from fondaco.warehouse.door import reader
from fondaco.warehouse.nodes import Lineage, Mart, NodeResult

_GOOD = ("success", "pass", "warn")

_TABLE = """
create table if not exists ops.marts (
    mart varchar primary key,
    state varchar not null,        -- published, kept, never
    judged_at timestamp not null,  -- UTC, as below
    verified_at timestamp,         -- when what is shown passed its checks
    through_commit bigint,         -- what is shown was made of the lake up to this commit
    rows bigint,
    checks bigint not null,        -- own tests that passed
    difference decimal(38, 4),     -- from the ledger, reporting currency; of the one made last
    reason varchar                 -- why the one made last is not shown
)
"""


@dataclass(frozen=True)
class MartStatus:
    """What readers see of a mart.

    Attributes:
        state: ``published``: the one made last; ``kept``: an earlier one, because the checks of the one made last did not pass;
            ``never``: none yet passed.
        judged_at: when the one made last was held against its checks (UTC, as `verified_at`).
        verified_at: when what readers see passed its checks; None if they see nothing.
        through_commit: what they see was made of the lake up to this commit.
        rows: in what they see.
        checks: the mart's own tests that passed on the one made last.
        difference: of the one made last from the sales ledger, in the reporting currency; None for a mart that carries no money of it.
        reason: why the one made last is not shown.
    """

    mart: str
    state: Literal["published", "kept", "never"]
    judged_at: datetime
    verified_at: datetime | None
    through_commit: int | None
    rows: int | None
    checks: int
    difference: Decimal | None
    reason: str | None

    @property
    def said(self) -> str:
        """What readers see instead of the one made last, and why, in a line."""
        seen = "none is shown yet" if self.verified_at is None else f"readers keep the one verified {self.verified_at:%Y-%m-%d %H:%M} UTC"
        off = f"; it differs from the ledger by {self.difference:,}" if self.difference else ""
        return f"{seen}: {self.reason}{off}"


@dataclass(frozen=True)
class Judgement:
    """What a build found about one mart.

    Attributes:
        reason: why it must not be shown; None: it may.
        checks: its own tests that passed.
        failed_sum: id of the failed test that holds its money against the ledger; its difference is to be asked.
    """

    mart: Mart
    reason: str | None
    checks: int
    failed_sum: str | None


def judge(nodes: Sequence[NodeResult], lineage: Lineage) -> tuple[Judgement, ...]:
    """Which marts of those that a build made, or should have made, may be shown.

    One may if it was made, every test of its own ran and passed, and nothing that it is made of failed or is blamed by a test that did.

    Args:
        nodes: all results of the build; what it left out is not among them.
    """
    by_id = {node.id: node for node in nodes}
    faults: dict[str, list[str]] = {}
    skipped: dict[str, list[str]] = {}
    for node in nodes:
        if node.status not in _GOOD:
            told, kind = (skipped, "was skipped") if node.status == "skipped" else (faults, "failed")
            for model in lineage.blamed.get(node.id, frozenset({node.id})):
                told.setdefault(model, []).append(f"{node.name} {kind}")
    return tuple(_judged(mart, by_id, faults, skipped) for mart in lineage.marts if mart.id in by_id)


def _judged(mart: Mart, by_id: dict[str, NodeResult], faults: dict[str, list[str]], skipped: dict[str, list[str]]) -> Judgement:
    ran = [by_id[test] for test in sorted(mart.checks) if test in by_id]
    left_out = len(mart.checks) - len(ran)
    reasons = sorted({reason for model in mart.ancestors for reason in faults.get(model, ())})
    # what was skipped was skipped because something failed, which says more
    reasons = reasons or sorted({reason for model in mart.ancestors for reason in skipped.get(model, ())})
    if not reasons and left_out:
        reasons = [f"{left_out} of its {len(mart.checks)} checks were left out of this build"]
    failed_sum = mart.adds_up if mart.adds_up in by_id and by_id[mart.adds_up].status == "fail" else None
    passed = sum(node.status in _GOOD for node in ran)
    return Judgement(mart, "; ".join(reasons) or None, passed, failed_sum)


def publish(
    connection: duckdb.DuckDBPyConnection,
    judgements: Iterable[Judgement],
    difference: Callable[[str], Decimal | None],
    *,
    through: int,
    lineage: Lineage,
) -> None:
    """Shows the marts that may be shown, and notes of all how they stand. The caller's transaction makes it one step.

    Args:
        difference: asks a failed test for the difference that it found.
        through: the commit up to which they were made.
        lineage: marts that it does not know are taken away: the project has them no more.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    for judgement in judgements:
        mart = judgement.mart
        found = difference(judgement.failed_sum) if judgement.failed_sum else Decimal(0) if mart.adds_up else None
        if judgement.reason is None:
            _show(connection, mart.name)
            rows = connection.execute(f"select count(*) from marts.{mart.name}").fetchone()
            connection.execute(
                "insert or replace into ops.marts values (?, 'published', ?, ?, ?, ?, ?, ?, null)",
                [mart.name, now, now, through, rows[0] if rows else 0, judgement.checks, found],
            )
        else:
            connection.execute(
                "insert into ops.marts values (?, 'never', ?, null, null, null, ?, ?, ?) on conflict do update set "
                "state = case when verified_at is null then 'never' else 'kept' end, judged_at = excluded.judged_at, "
                "checks = excluded.checks, difference = excluded.difference, reason = excluded.reason",
                [mart.name, now, judgement.checks, found, judgement.reason],
            )
    known = {mart.name for mart in lineage.marts}
    for status in statuses(connection):
        if status.mart not in known:
            _forget(connection, status.mart)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the record's table if there is none."""
    connection.execute(_TABLE)


def statuses(connection: duckdb.DuckDBPyConnection) -> tuple[MartStatus, ...]:
    """How each mart stands, by name; none in a warehouse that was never built."""
    if not connection.execute("select 1 from duckdb_tables() where (schema_name, table_name) = ('ops', 'marts')").fetchone():
        return ()
    return tuple(MartStatus(*row) for row in connection.execute("select * from ops.marts order by mart").fetchall())


def mart_statuses(settings: Settings) -> tuple[MartStatus, ...]:
    """How each mart of a shop stands, by name.

    Raises:
        UsageError: there is no warehouse yet.
        LockedError: a build is running.
    """
    with reader(settings.warehouse) as connection:
        return statuses(connection)


def _show(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    """Makes the view of gold show what was made last, and drops what was kept until then."""
    connection.execute("create schema if not exists gold")
    if connection.execute("select 1 from duckdb_tables() where (schema_name, table_name) = ('gold', ?)", [mart]).fetchone():
        connection.execute(f"drop table gold.{mart}")  # a warehouse of fondaco 0.1, which made marts where they are read
    connection.execute(f"create or replace view gold.{mart} as select * from marts.{mart}")
    for left in ("kept", "changed"):
        connection.execute(f"drop table if exists marts.{mart}__{left}")


def _forget(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    connection.execute(f"drop view if exists gold.{mart}")
    for left in ("", "__kept", "__changed"):
        connection.execute(f"drop table if exists marts.{mart}{left}")
    connection.execute("delete from ops.marts where mart = ?", [mart])
