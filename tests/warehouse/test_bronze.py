"""Bronze shows the committed files of the lake, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from fondaco.contracts import Column, System, Table
from fondaco.lake import Commit, DataFile
from fondaco.sources.base import FileMark, Position
from fondaco.warehouse import bronze

KEYED = Table("orders", "", (Column("id", "bigint"), Column("note", "varchar")), key=("id",))
LOG = Table("lines", "", (Column("id", "bigint"),))


@dataclass
class Drops:
    """A lake made by hand: one Parquet file a commit."""

    folder: Path
    table: Table
    commits: list[Commit] = field(default_factory=list)

    def land(self, select: str, file: str = "a.csv", columns: str = "id, note", same_as: str | None = None) -> Drops:
        number = len(self.commits) + 1
        batch = f"{number:012d}-x"
        path = f"{batch}.parquet"
        duckdb.sql(
            f"select *, '{batch}' as _batch_id, timestamp '2024-01-01' as _ingested_at, 'upsert' as _op, 'shop' as _source, "
            f"'{file}' as _file, 1::bigint as _row, 1::bigint as _position from ({select})"
        ).write_parquet(str(self.folder / path))
        seen = FileMark(size=1, mtime_ns=1, sha256=str(number), rows=1, same_as=same_as)
        facts = {"rows_read": 1, "rows_landed": 1, "rows_quarantined": 0, "rows_known": 0, "cursor_min": None, "cursor_max": None}
        self.commits.append(
            Commit(
                number=number,
                batch_id=batch,
                source="shop",
                system="demo",
                table=self.table.name,
                committed_at="2024-01-01T00:00:00Z",
                kind="land",
                files=(DataFile(path, 1, 1, ""),),
                columns=(),
                schema_hash=columns,
                cursor_nulls=0,
                window=None,
                step=Position(files={file: seen}),
                **facts,  # type: ignore[arg-type]
            )
        )
        return self

    def show(self, columns: str = "*", *, since: int = 0, where: str = "true") -> list[tuple[object, ...]]:
        system = System("demo", "", "UTC", None, (), {self.table.name: self.table})
        with duckdb.connect() as connection:
            for statement in bronze.statements({"demo": system}, self.commits, lambda path: str(self.folder / path), since=since):
                connection.execute(statement)
            return connection.execute(f"select {columns} from bronze.demo__{self.table.name} where {where} order by id").fetchall()


@pytest.fixture
def keyed(tmp_path: Path) -> Drops:
    return Drops(tmp_path, KEYED)


@pytest.fixture
def log(tmp_path: Path) -> Drops:
    return Drops(tmp_path, LOG)


def test_a_table_that_never_landed_is_empty_and_has_its_columns(keyed: Drops) -> None:
    assert keyed.show("id, note, _batch_id, _is_new") == []


def test_a_file_that_no_commit_names_is_never_seen(keyed: Drops, tmp_path: Path) -> None:
    keyed.land("select 1::bigint as id, 'x' as note")
    duckdb.sql("select 2::bigint as id").write_parquet(str(tmp_path / "000000000002-x.parquet"))
    assert keyed.show("id") == [(1,)]


def test_a_column_that_came_later_is_null_in_older_files(keyed: Drops) -> None:
    keyed.land("select 1::bigint as id, 'x' as note").land(
        "select 2::bigint as id, 'y' as note, 'gift' as message", columns="id, note, message"
    )
    assert keyed.show("id, message") == [(1, None), (2, "gift")]


@pytest.mark.parametrize(
    ("declared", "landed", "read"),
    [
        ("bigint", ["bigint", "bigint"], "BIGINT"),
        ("bigint", ["VARCHAR", "bigint"], "VARCHAR"),
        ("decimal(18,4)", ["bigint", "decimal(18,4)"], "DECIMAL(23,4)"),
        ("decimal(38,10)", ["bigint", "decimal(38,10)"], "DECIMAL(38,10)"),
        ("decimal(38,30)", ["bigint", "decimal(38,30)"], "VARCHAR"),
        ("double", ["bigint", "decimal(18,4)", "double"], "DOUBLE"),
        ("timestamp", ["date", "timestamp"], "TIMESTAMP"),
        ("date", ["bigint", "date"], "VARCHAR"),
        ("varchar", ["INTEGER[]", "varchar"], "VARCHAR"),
        (None, ["INTEGER", "BIGINT"], "BIGINT"),
        (None, ["FLOAT", "DOUBLE"], "DOUBLE"),
        (None, ["BIGINT", "DOUBLE"], "VARCHAR"),
        (None, ["BOOLEAN", "BIGINT"], "VARCHAR"),
        (None, ["STRUCT(a INTEGER)", "VARCHAR"], "VARCHAR"),
    ],
)
def test_a_column_of_several_types_is_read_in_one_that_loses_nothing(
    tmp_path: Path, declared: str | None, landed: list[str], read: str
) -> None:
    columns = (Column("id", "bigint"), *([Column("note", declared)] if declared else []))
    drops = Drops(tmp_path, Table("orders", "", columns, key=("id",)))
    values = {"date": "'2024-01-01'", "timestamp": "'2024-01-02 03:04:05.678901'", "INTEGER[]": "[1, 2]", "STRUCT(a INTEGER)": "{'a': 1}"}
    for number, kind in enumerate(landed):
        drops.land(f"select {number}::bigint as id, cast({values.get(kind, '1')} as {kind}) as note", columns=kind)
        drops.commits[-1] = replace(drops.commits[-1], columns=(("id", "bigint"), ("note", kind)))
    found = drops.show("typeof(note), note::varchar")
    assert [kind for kind, _ in found] == [read] * len(landed)
    assert None not in [value for _, value in found]


def test_a_column_that_goes_and_comes_back_is_null_in_between(keyed: Drops) -> None:
    keyed.land("select 1::bigint as id, 'x' as note, 'a' as gift", columns="with")
    keyed.land("select 2::bigint as id, 'y' as note", columns="without")
    keyed.land("select 3::bigint as id, 'z' as note, 'b' as gift", columns="with")
    assert keyed.show("id, gift") == [(1, "a"), (2, None), (3, "b")]


def test_of_a_compacted_file_the_batch_tells_which_rows_are_new(keyed: Drops, tmp_path: Path) -> None:
    for number in range(1, 5):
        keyed.land(f"select {number}::bigint as id, 'x' as note")
    whole = duckdb.read_parquet(sorted(map(str, tmp_path.glob("*.parquet"))))
    whole.write_parquet(str(tmp_path / "whole.parquet"))
    file = DataFile("whole.parquet", 4, 1, "", (1, 4))
    keyed.commits = [replace(keyed.commits[-1], number=5, kind="compact", files=(file,), step=Position())]
    for since in range(6):
        assert keyed.show("id, _is_new", since=since) == [(number, number > since) for number in range(1, 5)]


def test_rows_after_the_last_build_are_new(keyed: Drops) -> None:
    keyed.land("select 1::bigint as id, 'x' as note").land("select 2::bigint as id, 'y' as note")
    assert keyed.show("id, _is_new", since=1) == [(1, False), (2, True)]


def test_asking_for_new_rows_opens_no_old_file(keyed: Drops, tmp_path: Path) -> None:
    keyed.land("select 1::bigint as id, 'x' as note").land("select 1::bigint as id, 'x' as note").land(
        "select 2::bigint as id, 'y' as note"
    )
    # the first file of a group tells its columns; the rest of an old group is not touched
    (tmp_path / "000000000002-x.parquet").write_bytes(b"no parquet at all")
    assert keyed.show("id", since=2, where="_is_new") == [(2,)]


def test_a_log_file_that_was_sent_again_replaces_its_former_self(log: Drops) -> None:
    log.land("select 1::bigint as id").land("select 2::bigint as id", file="b.csv").land("select 3::bigint as id")
    assert log.show("id, _file") == [(2, "b.csv"), (3, "a.csv")]


def test_a_row_with_a_key_keeps_all_its_versions_whatever_file_they_came_in(keyed: Drops) -> None:
    keyed.land("select 1::bigint as id, 'old' as note").land("select 1::bigint as id, 'new' as note")
    assert {note for _, note in keyed.show("id, note")} == {"new", "old"}


def test_a_file_that_repeats_another_replaces_nothing(log: Drops) -> None:
    log.land("select 1::bigint as id").land("select 2::bigint as id where false", file="b.csv", same_as="a.csv")
    assert log.show("id") == [(1,)]


def test_only_a_file_sent_again_after_the_last_build_makes_it_start_over(log: Drops) -> None:
    log.land("select 1::bigint as id").land("select 2::bigint as id", file="b.csv").land("select 3::bigint as id")
    system = {"demo": System("demo", "", "UTC", None, (), {"lines": LOG})}
    assert bronze.resends(system, log.commits, since=2, made=2)
    assert not bronze.resends(system, log.commits, since=3, made=3)
    assert not bronze.resends(system, log.commits[:2], since=0, made=0)


def test_names_and_paths_with_quotes_are_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "o'brien"
    folder.mkdir()
    drops = Drops(folder, Table("orders", "", (Column("id", "bigint"), Column('sa"y', "varchar")), key=("id",)))
    drops.land('select 1::bigint as id, \'x\' as "sa""y"')
    assert drops.show("id") == [(1,)]


def test_the_view_follows_the_system_not_the_source(keyed: Drops) -> None:
    keyed.land("select 1::bigint as id, 'x' as note")
    other = SimpleNamespace(**{**vars(keyed.commits[0]), "system": "elsewhere"})
    keyed.commits.append(other)  # type: ignore[arg-type]
    assert keyed.show("id") == [(1,)]
