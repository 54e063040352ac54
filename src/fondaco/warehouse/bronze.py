"""Bronze: a view per table of a system over the committed files of the lake, read in place.

A view names files, so an uncommitted file can never be seen. Files are grouped by their columns: within a group one file's footer tells
them all, so that opening a view costs the same however many files there are; between groups columns are matched by name, a column
that older files lack is NULL, and one whose type changed is read in a type that holds all of it. `_is_new` marks the rows that landed
since the last complete build: it is a constant of its group, so a query that asks for new rows does not open the old files. Of a file
that was compacted since, the row's batch tells.

The rows of a log without a key are named by their file, so a file that was sent again with other content replaces its former self:
the lake keeps both versions, bronze shows the last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from fondaco.contracts import System, Table
from fondaco.lake import Commit, batches_of, superseded
from fondaco.lake.layout import first_batch
from fondaco.warehouse.widening import common_type, plain_type, read_as

SCHEMA = "bronze"

#: What landing adds to every row (see fondaco.lake).
LANDING_COLUMNS: Mapping[str, str] = {
    "_batch_id": "varchar",
    "_ingested_at": "timestamp",
    "_op": "varchar",
    "_source": "varchar",
    "_file": "varchar",
    "_row": "bigint",
    "_position": "bigint",
    "_erased": "varchar",
}


def statements(
    systems: Mapping[str, System],
    commits: Iterable[Commit],
    url: Callable[[str], str],
    *,
    since: int,
    through: int | None = None,
    schema: str = SCHEMA,
) -> list[str]:
    """The statements that make bronze show the commits, those after number `since` as new.

    Args:
        commits: all commits of the lake, in order.
        url: a path of the lake as DuckDB reads it.
        through: rows of later commits are left out, where a file that was compacted since holds them too.
        schema: where the views stand; that of another lake has another.
    """
    by_table: dict[tuple[str, str], list[Commit]] = defaultdict(list)
    for commit in commits:
        by_table[commit.system, commit.table].append(commit)
    views = [
        view(system.name, table, by_table[system.name, table.name], url, since=since, through=through, schema=schema)
        for system in systems.values()
        for table in system.tables.values()
    ]
    return [f"create schema if not exists {schema}", *views]


def view(
    system: str,
    table: Table,
    commits: Iterable[Commit],
    url: Callable[[str], str],
    *,
    since: int,
    through: int | None = None,
    schema: str = SCHEMA,
) -> str:
    """`create view bronze.<system>__<table>` over the files of the commits; without files, an empty one with the declared columns."""
    commits = list(commits)
    groups: dict[tuple[str, str, str, bool], list[str]] = defaultdict(list)
    columns: dict[str, tuple[tuple[str, str], ...]] = {}
    for commit in commits:
        columns[commit.schema_hash] = commit.columns
        for file in commit.files:
            batches = batches_of(commit, file)
            groups[commit.schema_hash, _is_new(batches, since), _is_known(batches, through), file.erased > 0].append(url(file.path))
    widened = _widened(table, [columns[shape] for shape, *_ in groups])
    parts = [
        _empty(table, widened),
        *(
            _files(paths, is_new, is_known, columns[shape], widened)
            for (shape, is_new, is_known, _), paths in sorted(groups.items(), key=lambda item: item[1][0])
        ),
    ]
    body = "\nunion all by name\n".join(parts)
    replaced = superseded(table, commits)
    if replaced:
        former = ", ".join(f"({_literal(source)}, {_literal(file)}, {_literal(batch)})" for source, file, batch in replaced)
        body = f"select * from (\n{body}\n)\nwhere (_source, _file, _batch_id) not in ({former})"
    return f"create or replace view {schema}.{system}__{table.name} as\n{body}"


def resends(systems: Mapping[str, System], commits: Iterable[Commit], *, since: int, made: int) -> bool:
    """Whether a commit after `since` replaces rows that some table may hold: what was made of them must be made anew.

    Args:
        made: number of the last commit of which a table may hold rows; a build that failed or was killed went beyond `since`.
    """
    by_table: dict[tuple[str, str], list[Commit]] = defaultdict(list)
    for commit in commits:
        by_table[commit.system, commit.table].append(commit)
    for system in systems.values():
        for table in system.tables.values():
            own = by_table[system.name, table.name]
            before = [commit for commit in own if commit.number <= since]
            held = {commit.batch_id for commit in own if commit.number <= max(since, made)}
            replaced = set(superseded(table, own)) - set(superseded(table, before)) if len(before) < len(own) else set()
            if any(batch in held for _, _, batch in replaced):
                return True
    return False


def _is_new(batches: tuple[int, int], since: int) -> str:
    """SQL for whether the rows of a file that holds these batches landed after `since`; a constant unless it holds both kinds."""
    first, last = batches
    if first > since or last <= since:
        return "true" if first > since else "false"
    return f"_batch_id >= {_literal(first_batch(since + 1))}"


def _is_known(batches: tuple[int, int], through: int | None) -> str:
    """SQL for whether the rows of a file that holds these batches had landed by commit `through`."""
    return "true" if through is None or batches[1] <= through else f"_batch_id < {_literal(first_batch(through + 1))}"


def _widened(table: Table, shapes: Iterable[tuple[tuple[str, str], ...]]) -> dict[str, str]:
    """The type to read a column in, for those that landed in several types or in another one than is declared."""
    landed: dict[str, set[str]] = defaultdict(set)
    for shape in shapes:
        for name, kind in shape:
            landed[name].add(plain_type(kind))
    declared = {column.name: column.type for column in table.columns}
    wanted = {name: common_type(declared.get(name), kinds) for name, kinds in landed.items()}
    return {name: kind for name, kind in wanted.items() if landed[name] != {kind} or plain_type(declared.get(name, kind)) != kind}


def _empty(table: Table, widened: Mapping[str, str]) -> str:
    declared = {column.name: column.type for column in table.columns} | dict(LANDING_COLUMNS)
    columns = ", ".join(
        f"cast(null as {widened.get(name) or _engine_type(kind)}) as {_identifier(name)}" for name, kind in declared.items()
    )
    return f"select {columns}, false as _is_new where false"


def _files(paths: list[str], is_new: str, is_known: str, columns: tuple[tuple[str, str], ...], widened: Mapping[str, str]) -> str:
    names = ", ".join(_literal(path) for path in sorted(paths))
    read = [
        f"{read_as(_identifier(name), plain_type(kind), widened[name])} as {_identifier(name)}"
        for name, kind in columns
        if name in widened and plain_type(kind) != widened[name]
    ]
    every = f"* replace ({', '.join(read)})" if read else "*"
    known = "" if is_known == "true" else f" where {is_known}"
    return f"select {every}, {is_new} as _is_new from read_parquet([{names}], hive_partitioning = false){known}"


def _engine_type(declared: str) -> str:
    # the lake keeps instants as UTC without a zone
    return "timestamp" if declared == "timestamptz" else declared


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
