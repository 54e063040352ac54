"""Bronze: a view per table of a system over the committed files of the lake, read in place.

A view names files, so an uncommitted file can never be seen. Files are grouped by their columns: within a group one file's footer tells
them all, so that opening a view costs the same however many files there are; between groups columns are matched by name, and a column
that older files lack is NULL. `_is_new` marks the files that landed since the last complete build: it is a constant of its group, so a
query that asks for new rows does not open the old files.

The rows of a log without a key are named by their file, so a file that was sent again with other content replaces its former self:
the lake keeps both versions, bronze shows the last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from fondaco.contracts import System, Table
from fondaco.lake import Commit

SCHEMA = "bronze"

#: What landing adds to every row (see fondaco.lake).
LANDING_COLUMNS: Mapping[str, str] = {
    "_batch_id": "varchar",
    "_ingested_at": "timestamp",
    "_op": "varchar",
    "_source": "varchar",
    "_row_hash": "varchar",
    "_file": "varchar",
    "_row": "bigint",
    "_position": "bigint",
}


def statements(systems: Mapping[str, System], commits: Iterable[Commit], url: Callable[[str], str], *, since: int) -> list[str]:
    """The statements that make bronze show the commits, those after number `since` as new.

    Args:
        commits: all commits of the lake, in order.
        url: a path of the lake as DuckDB reads it.
    """
    by_table: dict[tuple[str, str], list[Commit]] = defaultdict(list)
    for commit in commits:
        by_table[commit.system, commit.table].append(commit)
    views = [
        view(system.name, table, by_table[system.name, table.name], url, since=since)
        for system in systems.values()
        for table in system.tables.values()
    ]
    return [f"create schema if not exists {SCHEMA}", *views]


def view(system: str, table: Table, commits: Iterable[Commit], url: Callable[[str], str], *, since: int) -> str:
    """`create view bronze.<system>__<table>` over the files of the commits; without files, an empty one with the declared columns."""
    commits = list(commits)
    groups: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for commit in commits:
        for file in commit.files:
            groups[commit.schema_hash, commit.number > since].append(url(file.path))
    parts = [_empty(table), *(_files(paths, is_new=is_new) for (_, is_new), paths in sorted(groups.items(), key=lambda item: item[1][0]))]
    body = "\nunion all by name\n".join(parts)
    replaced = superseded(table, commits)
    if replaced:
        former = ", ".join(f"({_literal(source)}, {_literal(file)}, {_literal(batch)})" for source, file, batch in replaced)
        body = f"select * from (\n{body}\n)\nwhere (_source, _file, _batch_id) not in ({former})"
    return f"create or replace view {SCHEMA}.{system}__{table.name} as\n{body}"


def superseded(table: Table, commits: Iterable[Commit]) -> list[tuple[str, str, str]]:
    """(source, file, batch) of the rows that bronze leaves out: versions of a log's files that the drops no longer hold.

    What counts is content, not names. A content counts while some file has it: the one that it came in, or another one that was left out
    because it repeats it, such as yesterday's `today.csv` under its new name. A file that was refused, or that was processed and
    removed, keeps what it had. A content that landed twice, because its first file had moved on, counts once.

    Rows of a table with a key have names of their own and are never left out.
    """
    if table.key:
        return []
    landings: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    current: dict[tuple[str, str], str] = {}
    for commit in commits:
        for file, mark in commit.step.files.items():
            if mark.rejected is not None:
                continue
            # a file that was only touched is noted again with the content that it had
            if mark.same_as is None and current.get((commit.source, file)) != mark.sha256:
                landings[commit.source, mark.sha256].append((file, commit.batch_id))
            current[commit.source, file] = mark.sha256
    held = {(source, content) for (source, _), content in current.items()}
    return sorted(
        (source, file, batch)
        for (source, content), landed in landings.items()
        for file, batch in (landed[:-1] if (source, content) in held else landed)
    )


def resends(systems: Mapping[str, System], commits: Iterable[Commit], *, since: int) -> bool:
    """Whether a commit after `since` replaces rows of an earlier one: what was made of them must be made anew."""
    by_table: dict[tuple[str, str], list[Commit]] = defaultdict(list)
    for commit in commits:
        by_table[commit.system, commit.table].append(commit)
    for system in systems.values():
        for table in system.tables.values():
            own = by_table[system.name, table.name]
            before = [commit for commit in own if commit.number <= since]
            made = {commit.batch_id for commit in before}
            replaced = set(superseded(table, own)) - set(superseded(table, before)) if len(before) < len(own) else set()
            if any(batch in made for _, _, batch in replaced):
                return True
    return False


def _empty(table: Table) -> str:
    declared = {column.name: column.type for column in table.columns} | dict(LANDING_COLUMNS)
    columns = ", ".join(f"cast(null as {_engine_type(kind)}) as {_identifier(name)}" for name, kind in declared.items())
    return f"select {columns}, false as _is_new where false"


def _files(paths: list[str], *, is_new: bool) -> str:
    names = ", ".join(_literal(path) for path in sorted(paths))
    flag = "true" if is_new else "false"
    return f"select *, {flag} as _is_new from read_parquet([{names}], hive_partitioning = false)"


def _engine_type(declared: str) -> str:
    # the lake keeps instants as UTC without a zone
    return "timestamp" if declared == "timestamptz" else declared


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
