"""The sources read once more, whole, and held against the lake: row by row, with the sums of every column of numbers.

What a source holds now is landed in a lake of its own, which is thrown away; a row of a database is then compared with its last state in
the lake, a row of a file with the same row of the same content. What the source changed, added or lost since it was read last is left
out on both sides, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fondaco.job.shops import opened, owned

if TYPE_CHECKING:
    import duckdb

    from fondaco.contracts import Table
    from fondaco.job import Watch
    from fondaco.job.shops import Owned
    from fondaco.lake import Lake
    from fondaco.settings import Settings
    from fondaco.warehouse.comparison import Comparison

_AGAIN, _LANDED = "again", "landed"


@dataclass
class Rereading:
    """What came of it, filled as it goes on.

    Attributes:
        notes: what was left out, and why.
    """

    comparisons: list[Comparison]
    notes: list[str]


def reread(settings: Settings, lake: Lake, watch: Watch) -> Rereading:
    """Reads every table of every source again.

    Raises:
        SourceError: a source cannot be read.
        BatchStopped: a table cannot be read as it is declared.
    """
    from fondaco.lake import Lake, forgotten, land
    from fondaco.warehouse.bronze import statements
    from fondaco.warehouse.project import systems_of

    found = Rereading([], [])
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    # whatever is bad is put aside again, however much it is: that it was put aside is compared, too
    quality = settings.quality.model_copy(update={"max_bad_share": Decimal(1), "on_bad_row": "quarantine"})
    with TemporaryDirectory(prefix="reread-", dir=settings.state_dir) as folder, opened(settings) as sources:
        # what the sources still hold of persons who were forgotten is left out on both sides
        again = Lake.open(folder, keys=lake.keys)
        forgotten.lend(lake.store, again.store)
        for report in land(sources, again, quality):
            if report.errors:
                raise report.errors[0]
            watch.note(f"{report.source}.{report.table}: {report.rows_read:,} rows read again")
        connection, systems = lake.connection, systems_of(settings)
        with lake.reading():
            for schema, one in ((_AGAIN, again), (_LANDED, lake)):
                for statement in statements(systems, one.live().commits, one.url, since=0, schema=schema):
                    connection.execute(statement)
            for table in owned(settings):
                found.comparisons += _Held(connection, again, lake, table).comparisons(found.notes)
    return found


class _Held:
    """One table of one source, as it is now and as it landed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, again: Lake, lake: Lake, owned: Owned) -> None:
        self._connection, self._again, self._lake = connection, again, lake
        self._source, self._system, self._table = owned.source, owned.system, owned.table
        self._name = f"{owned.source}.{owned.table.name}"

    def comparisons(self, notes: list[str]) -> Iterator[Comparison]:
        """Rows that landed, then rows that were put aside; says what is left out."""
        from fondaco.warehouse.comparison import compare_queries

        columns = self._columns()
        is_log = not self._table.key
        names = ["_content", "_row"] if is_log else list(self._table.key)
        self._copy(_AGAIN, columns, names)
        self._copy(_LANDED, columns, names)
        self._leave_out(names, notes)
        wanted = ", ".join(_quoted(name) for name in ([*names, *columns] if is_log else columns))
        rows = [f"(select {wanted} from _{side} where not _left_out)" for side in (_AGAIN, _LANDED)]
        yield compare_queries(self._connection, self._name, rows[0], rows[1], names)
        yield from self._aside()

    def _columns(self) -> list[str]:
        """The source's columns that both lakes have."""
        found = [
            [str(name) for (name,) in self._connection.execute(f"select column_name from (describe {self._bronze(side)})").fetchall()]
            for side in (_AGAIN, _LANDED)
        ]
        return [name for name in found[0] if name in found[1] and not name.startswith("_")]

    def _bronze(self, side: str) -> str:
        return f"{side}.{self._system.name}__{self._table.name}"

    def _copy(self, side: str, columns: list[str], names: list[str]) -> None:
        """The rows of one side, of a table with a key the last state of each that is not gone."""
        types = dict(self._connection.execute(f"select column_name, column_type from (describe {self._bronze(_LANDED)})").fetchall())
        read = ", ".join(f"cast(rows.{_quoted(name)} as {types[name]}) as {_quoted(name)}" for name in columns)
        last = ""
        if self._table.key:
            cursor = f"rows.{_quoted(self._table.cursor)} desc nulls last, " if self._table.cursor else ""
            by = ", ".join(f"rows.{_quoted(name)}" for name in names)
            last = f"qualify row_number() over (partition by {by} order by {cursor}rows._batch_id desc, rows._position desc) = 1"
        self._connection.execute(
            f"""
            create or replace temp table _{side} as
            select * exclude (_op), false as _left_out from (
                select {read}, rows._file, rows._row, rows._op, coalesce(files.content, rows._file) as _content
                from {self._bronze(side)} as rows left join ({self._contents(side)}) as files on rows._file = files.file
                where rows._source = {_literal(self._source)} {last}
            ) where _op <> 'delete'
            """
        )

    def _contents(self, side: str) -> str:
        """Query: what names the content of each file, which may have come under another name."""
        state = (self._again if side == _AGAIN else self._lake).state().tables.get((self._source, self._table.name))
        marks = state.position.files if state else {}
        listed = ", ".join(f"({_literal(file)}, {_literal(mark.sha256)})" for file, mark in marks.items() if mark.rejected is None)
        return f"select * from (values {listed}) as marks (file, content)" if listed else "select '' as file, '' as content where false"

    def _leave_out(self, names: list[str], notes: list[str]) -> None:
        """Marks the rows that cannot be compared, because one side was read earlier than the other."""
        if self._table.files is not None:
            for side, other, why in ((_AGAIN, _LANDED, "have not landed yet"), (_LANDED, _AGAIN, "are of files that are gone")):
                self._mark(side, f"_content not in (select content from ({self._contents(other)}))", why, notes)
            if self._table.key:
                for side, other in ((_AGAIN, _LANDED), (_LANDED, _AGAIN)):
                    self._mark(
                        side, self._in(names, f"select {_listed(names)} from _{other} where _left_out"), "stand in such files, too", notes
                    )
            return
        if changed := self._changed():
            self._mark(_AGAIN, changed, "changed at the source since", notes)
            self._mark(_LANDED, self._in(names, f"select {_listed(names)} from _{_AGAIN} where _left_out"), "", notes)
        self._mark(
            _LANDED, f"not {self._in(names, f'select {_listed(names)} from _{_AGAIN}')}", "are no longer good rows of the source", notes
        )

    def _in(self, names: list[str], query: str) -> str:
        return f"({_listed(names)}) in ({query})"

    def _changed(self) -> str | None:
        """Condition on the rows of now: they, or what tells of their changes, changed after the table was read last; None if nothing tells."""
        state = self._lake.state().tables.get((self._source, self._table.name))
        until = state.position.cursor if state else None
        dated = self._system.dated(self._table)
        if until is None or dated is None or dated.cursor is None:
            return None
        kind = "timestamp" if dated.column(dated.cursor).type == "timestamptz" else dated.column(dated.cursor).type
        later = f"{_quoted(dated.cursor)} > cast({_literal(until)} as {kind})"
        table, condition = dated, later
        for child in reversed(_line(self._system.tables, self._table, dated)):
            assert child.parent is not None
            found = (
                f"select {_quoted(table.key[0])} from {_AGAIN}.{self._system.name}__{table.name} where _source = {_literal(self._source)}"
            )
            condition = f"{_quoted(child.parent.on)} in ({found} and {condition})"
            table = child
        return condition

    def _mark(self, side: str, condition: str, why: str, notes: list[str]) -> None:
        found = self._connection.execute(f"update _{side} set _left_out = true where not _left_out and {condition}").fetchone()
        if found and found[0] and why:
            notes.append(f"{self._name}: {found[0]:,} rows {why}; they are left out")

    def _aside(self) -> Iterator[Comparison]:
        """Rows that were put aside, each with its reason: all that are bad now were when they landed."""
        from fondaco.lake.quarantine import quarantining, rows_aside
        from fondaco.warehouse.comparison import compare_queries

        sides = []
        for side, lake in ((_AGAIN, self._again), (_LANDED, self._lake)):
            commits = quarantining(lake, self._name)
            if not commits:
                if side == _AGAIN and self._table.files is None:
                    return
                sides.append("(select '' as _content, 0::bigint as _row, '' as reason, '' as raw where false)")
                continue
            sides.append(
                f"(select distinct coalesce(files.content, '') as _content, case when files.content is not null then aside._row end as _row, "
                f"aside.reason, aside.raw from ({rows_aside(lake, commits)}) as aside "
                f"left join ({self._contents(side)}) as files on aside._file = files.file)"
            )
        should, has = sides
        if self._table.files is None:
            # a database shows the last state of a row; the lake has put every bad one aside
            has = f"(select * from {has} where raw in (select raw from {should}))"
        else:
            should = f"(select * from {should} where _content in (select content from ({self._contents(_LANDED)})))"
            has = f"(select * from {has} where _content in (select content from ({self._contents(_AGAIN)})))"
        compared = compare_queries(self._connection, f"{self._name}, put aside", should, has, ["_content", "_row", "reason", "raw"])
        if compared.rows:
            yield compared


def _line(tables: Mapping[str, Table], table: Table, dated: Table) -> list[Table]:
    """A table and those between it and the one that tells of its changes, which is left out."""
    found = []
    while table is not dated and table.parent is not None:
        found.append(table)
        table = tables[table.parent.table]
    return found


def _listed(names: list[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
