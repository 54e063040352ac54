"""What one user may see, as a database of its own: rows that are not hers and values that are masked are not in it at all.

It is the strongest form there is, for nothing can be got out of it that was not put in; and the weakest in one way: a copy that somebody
has cannot be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from fondaco.errors import UsageError, did_you_mean
from fondaco.governance.cells import key_literal, visible
from fondaco.governance.plan import Plan, PlannedRelation
from fondaco.governance.sql import identifier, literal
from fondaco.governance.sql import relation as qualified
from fondaco.settings import Settings
from fondaco.storage import place_of
from fondaco.warehouse.door import reader

_BATCH = 50_000
#: Of the state folder: which extracts were made.
LOG = "extracts.jsonl"
#: Readable by every DuckDB from 1.4 on.
_STORAGE = "v1.4.0"
NOTE = "A governed copy: it holds what this user might see when it was made. Copies cannot be revoked; delete it when it is not needed."


@dataclass(frozen=True)
class Extract:
    """One that was made: for whom, when (ISO 8601, UTC) and where; whether it is still there is not known."""

    user: str
    at: str
    path: str


@dataclass(frozen=True)
class Exported:
    """What was written for whom: rows by relation."""

    user: str
    path: str
    rows: dict[str, int]


def readable(plan: Plan, user: str) -> dict[str, PlannedRelation]:
    """The relations that a user reads, by path. Raises UsageError if there is no such user."""
    if user not in dict(plan.users):
        raise UsageError(f"{user!r} is no user of the policy{did_you_mean(user, dict(plan.users))}", hint="users.yml has them")
    role = plan.role(user)
    return {relation.path: relation for relation in plan.relations if role in relation.readers}


def fill(settings: Settings, plan: Plan, user: str, key: str, paths: Collection[str], into: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Puts what the user sees of these relations into an empty database. Gives rows by relation; what was never built is left out.

    Raises:
        UsageError: there is no warehouse yet.
        LockedError: a build is running.
    """
    relations = readable(plan, user)
    rows = {}
    with reader(settings.warehouse, place_of(settings.lake)) as warehouse:
        there = {
            row[0]
            for row in warehouse.execute(
                "select schema_name || '.' || table_name from duckdb_tables() union all select schema_name || '.' || view_name from duckdb_views()"
            ).fetchall()
        }
        for path in sorted(set(paths) & there):
            relation = relations[path]
            into.execute(f"create schema if not exists {identifier(relation.layer)}")
            sql = visible(plan, user, relation, key_literal(key))
            batches = warehouse.execute(sql).to_arrow_reader(_BATCH)
            # a name that no statement of the user's can reach: it is gone before she asks
            into.register("arriving", batches)
            into.execute(f"create table {qualified(relation.layer, relation.name)} as select * from arriving")
            into.unregister("arriving")
            found = into.execute(f"select count(*) from {qualified(relation.layer, relation.name)}").fetchone()
            rows[path] = int(found[0]) if found else 0
    return rows


def export(
    settings: Settings,
    plan: Plan,
    user: str,
    key: str,
    target: Path,
    form: Literal["duckdb", "parquet"],
    only: Collection[str] = (),
    on_step: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Writes what a user sees into a file of DuckDB, or a folder of Parquet files; what stood there is replaced at the end.

    Args:
        only: the relations that are wanted; all that she reads if there are none.

    Raises:
        UsageError: there is no such user, or she does not read a relation; or the target is something else.
    """
    relations = readable(plan, user)
    for path in only:
        if path not in relations:
            raise UsageError(
                f"{user} does not read {path}{did_you_mean(path, relations)}", hint=f"fondaco policy matrix --role {plan.role(user)}"
            )
    beside = target.with_name(f".{target.name}.new")
    _remove(beside)
    target.parent.mkdir(parents=True, exist_ok=True)
    wanted = tuple(only) or tuple(relations)
    on_step(f"{len(wanted)} relations are copied for {user}")
    if form == "duckdb":
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is a folder", hint="name a file, or take --format parquet")
        with duckdb.connect() as connection:
            connection.execute(f"attach {literal(str(beside), 'duckdb')} as extract (storage_version '{_STORAGE}')")
            connection.execute("use extract")
            beside.chmod(0o600)
            rows = fill(settings, plan, user, key, wanted, connection)
            connection.execute(
                f"create table about as select {literal(user)} as user_name, current_timestamp as made_at, {literal(plan.digest)} as policy, {literal(NOTE)} as note"
            )
            connection.execute("use memory")
            connection.execute("detach extract")
    else:
        if target.exists() and not (
            target.is_dir() and all(file.suffix == ".parquet" or file.name == "ABOUT.txt" for file in target.iterdir())
        ):
            raise UsageError(f"{target} holds something else", hint="name a new folder")
        beside.mkdir(mode=0o700)
        with duckdb.connect() as connection:
            rows = fill(settings, plan, user, key, wanted, connection)
            for path in rows:
                connection.execute(
                    f"copy {qualified(*path.split('.', 1))} to {literal(str(beside / f'{path}.parquet'), 'duckdb')} (format parquet)"
                )
        (beside / "ABOUT.txt").write_text(
            f"{user}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, policy {plan.digest}\n{NOTE}\n", encoding="utf-8"
        )
        _remove(target)
    _note(settings, user, target)
    beside.replace(target)
    return Exported(user, str(target), rows)


def extracts(settings: Settings) -> tuple[Extract, ...]:
    """The extracts that were made here, the last one of each place."""
    log = settings.state_dir / LOG
    found: dict[str, Extract] = {}
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        try:
            one = Extract(**json.loads(line))
        except (ValueError, TypeError):
            continue  # a line that its writer's death cut off
        found[one.path] = one
    return tuple(found.values())


def _note(settings: Settings, user: str, target: Path) -> None:
    """Remembers that there is a copy: whoever is forgotten later may be in it."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(Extract(user, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", str(target.absolute())))) + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
