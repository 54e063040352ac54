"""Dropped files are read once, whole or not at all, in the order of their paths."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.contracts import FileFormat, System, Table
from fondaco.errors import SourceError
from fondaco.settings import FilesSource
from fondaco.sources import gathering, open_source
from fondaco.sources.archive import Drop
from fondaco.sources.base import Position, Pull
from fondaco.sources.content import Content
from fondaco.sources.files import FileDrops
from fondaco.sources.kinds import read
from fondaco.sources.listing import matcher

HEADER = "id,name,price\n"


class Folder:
    """A folder of drops that remembers where it was read to."""

    def __init__(self, path: Path, table: Table, settle: float = 0.0) -> None:
        self.path = path
        self.table = table
        self.source = FileDrops("drops", System("shop", "", "UTC", None, (), {table.name: table}), path, settle=settle)
        self.position: Position | None = None

    def write(self, name: str, text: str) -> Path:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)
        return self.path / name

    def read(self) -> list[Pull]:
        """What is new, committed."""
        pulls = list(self.source.pulls(self.table, self.position))
        for pull in pulls:
            self.position = (self.position or Position()).after(pull.step)
        return pulls

    def ids(self) -> list[str]:
        return [row["id"] for pull in self.read() for batch in pull.batches for row in batch.to_pylist()]


@pytest.fixture
def folder(tmp_path: Path, table: Table) -> Folder:
    return Folder(tmp_path, table)


def test_many_files_are_one_pull_in_the_order_of_their_paths(folder: Folder) -> None:
    for name in ("b.csv", "a.csv", "c.csv"):
        folder.write(name, f"{HEADER}{name},n,1\n")
    (pull,) = folder.read()
    assert [row["_file"] for batch in pull.batches for row in batch.to_pylist()] == ["a.csv", "b.csv", "c.csv"]
    assert pull.rows_read == 3


def test_nothing_new_reads_no_bytes(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.write("bad.csv", "nonsense\n")
    folder.read()
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("a file was opened"))
    (pull,) = folder.read()
    assert (list(pull.batches), pull.step) == ([], Position())
    assert [error.message.split(" has")[0] for error in pull.errors] == ["bad.csv"]


def test_a_refused_file_is_named_on_every_run_until_it_is_mended(folder: Folder) -> None:
    bad = folder.write("bad.csv", "id\n")
    folder.write("good.csv", f"{HEADER}1,n,1\n")
    first, again = folder.read(), folder.read()
    assert [len(pull.errors) for pull in first + again] == [1, 1]
    assert str(first[0].errors[0]) == str(again[0].errors[0])
    bad.write_text(f"{HEADER}2,n,1\n")
    assert folder.ids() == ["2"]
    assert folder.read() == []


def test_a_refused_file_that_is_removed_is_forgotten(folder: Folder) -> None:
    bad = folder.write("bad.csv", "id\n")
    folder.read()
    bad.unlink()
    assert folder.read() == []


def test_a_file_that_was_sent_again_lands_as_a_new_version_and_is_told(folder: Folder) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.read()
    folder.write("a.csv", f"{HEADER}1,n,2\n")
    (pull,) = folder.read()
    assert "a.csv was sent again with other content" in pull.notes[0]
    assert pull.rows_read == 1


def test_the_same_content_under_another_name_is_left_out_and_told(folder: Folder) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.write("b.csv", f"{HEADER}1,n,1\n")
    (pull,) = folder.read()
    assert (pull.rows_read, pull.notes) == (1, ["b.csv repeats the content of a.csv: left out"])
    folder.write("c.csv", f"{HEADER}1,n,1\n")
    (pull,) = folder.read()
    assert (pull.rows_read, pull.notes) == (0, ["c.csv repeats the content of a.csv: left out"])
    assert folder.read() == []


def test_a_touched_file_is_known_by_its_content(folder: Folder) -> None:
    path = folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.read()
    os.utime(path, (1, 1))
    (pull,) = folder.read()
    assert (list(pull.batches), pull.rows_read, pull.notes) == ([], 0, [])
    assert folder.read() == []


def test_temporary_and_hidden_files_are_not_looked_at(folder: Folder) -> None:
    for name in ("a.csv.tmp", "a.csv.part", ".a.csv", "a.csv~", ".hidden/a.csv"):
        folder.write(name, "nonsense")
    assert folder.read() == []
    assert folder.source.notes() == []


def test_files_of_no_table_are_told(folder: Folder) -> None:
    folder.write("readme.txt", "hello")
    with zipfile.ZipFile(folder.path / "week.zip", "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("read/me.txt", "hello")
    assert folder.source.notes() == ["drops: 2 files match no table: readme.txt, week.zip/read/me.txt"]


def test_a_file_that_changes_while_it_is_young_waits(folder: Folder, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(folder.path, table, settle=5.0)
    path = folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.write("old.csv", f"{HEADER}2,n,1\n")
    os.utime(folder.path / "old.csv", (1, 1))

    def grows(_: float) -> None:
        path.write_text(f"{HEADER}1,n,1\n1,n,")

    monkeypatch.setattr("time.sleep", grows)
    (pull,) = folder.read()
    assert pull.notes == ["a.csv is still being written: it waits for the next run"]
    assert [row["id"] for batch in pull.batches for row in batch.to_pylist()] == ["2"]
    assert "a.csv" not in pull.step.files


def test_a_young_file_that_stands_still_is_read_after_a_moment(folder: Folder, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(folder.path, table, settle=5.0)
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    waited = list[float]()
    monkeypatch.setattr("time.sleep", waited.append)
    assert folder.ids() == ["1"]
    assert len(waited) == 1 and 0 < waited[0] <= 5.0


def test_times_of_files_are_held_against_the_given_clock(folder: Folder, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    source = FileDrops("drops", folder.source.system, folder.path, settle=5.0, now=lambda: datetime.now(UTC) + timedelta(hours=1))
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("an old file needs no second look"))
    assert len(list(source.pulls(table, None))) == 1


def test_pulls_are_bounded_and_a_large_file_is_one_of_its_own(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PULL_BYTES", 100)
    for name, rows in (("a", 3), ("b", 3), ("c", 3), ("d", 50), ("e", 3)):
        folder.write(f"{name}.csv", HEADER + "".join(f"{name}{row},name,1\n" for row in range(rows)))
    pulls = folder.read()
    assert [sorted(pull.step.files) for pull in pulls] == [["a.csv", "b.csv"], ["c.csv"], ["d.csv"], ["e.csv"]]
    counted = [(sum(batch.num_rows for batch in pull.batches), pull.rows_read) for pull in pulls]
    assert counted == [(6, 6), (3, 3), (50, 50), (3, 3)]


def test_the_same_files_make_the_same_identity(folder: Folder, table: Table) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    twin = Folder(folder.path, table)
    assert folder.read()[0].identity == twin.read()[0].identity


def test_a_missing_folder_is_named_with_its_setting(tmp_path: Path, table: Table) -> None:
    with pytest.raises(SourceError, match="is not there") as missing:
        Folder(tmp_path / "nowhere", table).read()
    assert missing.value.hint == "create it, or set sources.drops.path"


def test_a_position_survives_its_json(folder: Folder) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.write("b.csv", f"{HEADER}1,n,1\n")
    folder.write("c.csv", "nonsense\n")
    folder.read()
    assert folder.position is not None
    assert Position.from_json(folder.position.to_json()) == folder.position


def test_globs_are_those_of_a_shell() -> None:
    cases = {
        "a*.csv": {"a.csv": True, "ab.csv": True, "x/a.csv": False, "a/b.csv": False, "a.CSV": False},
        "*/a.csv": {"x/a.csv": True, "a.csv": False, "x/y/a.csv": False},
        "**/a?.csv": {"ab.csv": True, "x/ab.csv": True, "x/y/ab.csv": True, "a.csv": False},
        "day-[0-9].csv": {"day-1.csv": True, "day-x.csv": False},
        "day-[!0-9].csv": {"day-1.csv": False, "day-x.csv": True},
        "a+(b).csv": {"a+(b).csv": True, "aab.csv": False},
        "ü*": {"üx": True, "u\u0308x": False},
        "x/**": {"x/a": True, "x/y/a": True, "a": False},
    }
    for glob, names in cases.items():
        assert {name: matcher(glob)(name) for name in names} == names, glob


def test_odd_names_are_names_like_any_other(folder: Folder) -> None:
    names = ["a b.csv", "ä.csv", "a\u0308.csv", "new\nline.csv", "it's.csv", 'say "x".csv', "100%.csv", "[a].csv"]
    for number, name in enumerate(names):
        folder.write(name, f"{HEADER}{number},n,1\n")
    (pull,) = folder.read()
    assert {row["_file"] for batch in pull.batches for row in batch.to_pylist()} == set(names)
    assert folder.read() == []


def test_a_name_that_is_no_text_is_told_and_the_others_are_read(folder: Folder) -> None:
    (folder.path / os.fsdecode(b"caf\xe9.csv")).write_text(f"{HEADER}1,n,1\n")
    folder.write("a.csv", f"{HEADER}2,n,1\n")
    (pull,) = folder.read()
    assert ["caf\\xe9.csv" in str(error) for error in pull.errors] == [True]
    assert list(pull.step.files) == ["a.csv"]


def test_links_are_followed_and_a_link_to_nothing_or_to_itself_is_not(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "b.csv").write_text(f"{HEADER}1,n,1\n")
    folder.table = replace(folder.table, files="**/*.csv")
    folder.source = FileDrops("drops", System("shop", "", "UTC", None, (), {"things": folder.table}), folder.path, settle=0)
    (folder.path / "a.csv").symlink_to(elsewhere / "b.csv")
    (folder.path / "gone.csv").symlink_to(elsewhere / "c.csv")
    (folder.path / "in").symlink_to(elsewhere)
    (folder.path / "round").symlink_to(folder.path)
    (pull,) = folder.read()
    assert "a.csv" in pull.step.files
    assert "in/b.csv repeats the content of a.csv: left out" in pull.notes
    assert not any("gone" in name for name in pull.step.files)


def test_a_copy_lands_when_what_it_repeats_was_never_read(folder: Folder) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    folder.write("b.csv", f"{HEADER}1,n,1\n")
    (pull,) = folder.source.pulls(folder.table, None)
    folder.position = Position(files={"b.csv": pull.step.files["b.csv"]})
    assert pull.step.files["b.csv"].same_as == "a.csv"
    (folder.path / "a.csv").unlink()
    assert folder.ids() == ["1"]


def test_a_refused_file_is_tried_again_when_the_declaration_has_changed(folder: Folder) -> None:
    folder.write("a.csv", f"{HEADER}1,Zoë,1\n".encode("cp1252").decode("latin-1"))
    (folder.path / "a.csv").write_bytes(f"{HEADER}1,Zoë,1\n".encode("cp1252"))
    (pull,) = folder.read()
    assert ["is not utf-8" in error.message for error in pull.errors] == [True]
    assert [len(pull.errors) for pull in folder.read()] == [1]
    folder.table = replace(folder.table, format=FileFormat("csv", encoding="cp1252"))
    assert folder.ids() == ["1"]


def test_a_file_that_is_replaced_while_it_is_read_waits(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.write("a.csv", f"{HEADER}1,n,1\n")

    def replaced(drop: Drop, table: Table) -> Content:
        content = read(drop, table)
        content.batches = iter(list(content.batches))
        path.write_text(f"{HEADER}1,n,1\n2,n,1\n")
        return content

    monkeypatch.setattr(gathering, "read", replaced)
    (pull,) = folder.read()
    assert (list(pull.batches), pull.notes) == ([], ["a.csv is still being written: it waits for the next run"])
    monkeypatch.undo()
    assert folder.ids() == ["1", "2"]


def test_how_long_a_file_must_stand_still_is_a_setting(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.csv", f"{HEADER}1,n,1\n")
    settings = FilesSource(type="files", path=str(folder.path), system="shop", settle=timedelta(seconds=7))
    waited = list[float]()
    monkeypatch.setattr("time.sleep", waited.append)
    source = open_source(settings, "drops", folder.source.system)
    assert [pull.rows_read for pull in source.pulls(folder.table, None)] == [1]
    assert len(waited) == 1 and 6 < waited[0] <= 7
