"""A zip archive is its members, each a file of its own; if anything about it is unsafe or damaged, none of it is read."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.contracts import Column, FileFormat, System, Table
from fondaco.sources import zips
from fondaco.sources.base import Position, Pull
from fondaco.sources.files import FileDrops

HEADER = "id,name,price\n"
COLUMNS = (Column("id", "varchar"), Column("name", "varchar"), Column("price", "varchar"))
THINGS = Table("things", "", COLUMNS, ("id",), files="things*", format=FileFormat("csv"))
OTHERS = replace(THINGS, name="others", files="others*")
Members = dict[str, str | bytes]


def packed(members: Members, **how: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = how.get("method", zipfile.ZIP_DEFLATED)
            info.external_attr = how.get("mode", 0o644) << 16
            archive.writestr(info, content)
    return out.getvalue()


class Folder:
    """A folder with two tables, each of which remembers where it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.positions: dict[str, Position] = {}
        self.source = self.open()

    def open(self) -> FileDrops:
        tables = {table.name: table for table in (THINGS, OTHERS)}
        self.source = FileDrops("drops", System("shop", "", "UTC", None, (), tables), self.path, settle=0)
        return self.source

    def drop(self, name: str, content: bytes) -> Path:
        (self.path / name).write_bytes(content)
        return self.path / name

    def read(self, table: Table = THINGS) -> tuple[list[tuple[str, str]], list[str], list[str]]:
        """What a run finds: rows as (file, id), notes and errors."""
        rows, notes, errors = list[tuple[str, str]](), list[str](), list[str]()
        position = self.positions.get(table.name)
        pull: Pull
        for pull in self.open().pulls(table, position):
            rows += [(row["_file"], row["id"]) for batch in pull.batches for row in batch.to_pylist()]
            notes, errors = notes + pull.notes, errors + [error.message for error in pull.errors]
            self.positions[table.name] = (self.positions.get(table.name) or Position()).after(pull.step)
        return rows, notes, errors


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_members_go_to_the_tables_whose_names_they_have(folder: Folder) -> None:
    members: Members = {
        "things.csv": f"{HEADER}1,n,1\n",
        "in/others.csv": f"{HEADER}2,n,1\n",
        "readme.txt": "x",
        "__MACOSX/._things.csv": b"\0\5",
    }
    folder.drop("week.zip", packed(members))
    assert folder.read() == ([("week.zip/things.csv", "1")], [], [])
    assert folder.read(OTHERS) == ([("week.zip/in/others.csv", "2")], [], [])
    assert folder.source.notes() == ["drops: 1 files match no table: week.zip/readme.txt"]
    assert folder.read() == ([], [], [])


def test_an_archive_named_like_a_tables_files_brings_what_belongs_to_nobody_else(folder: Folder) -> None:
    folder.drop("things_may.zip", packed({"export.csv": f"{HEADER}1,n,1\n", "others.csv": f"{HEADER}2,n,1\n"}))
    assert folder.read()[0] == [("things_may.zip/export.csv", "1")]
    assert folder.read(OTHERS)[0] == [("things_may.zip/others.csv", "2")]
    assert folder.source.notes() == []


def test_every_kind_of_member_is_read_as_what_it_is(folder: Folder) -> None:
    import gzip

    members: Members = {
        "things.jsonl": '{"id": "1", "name": "n", "price": 1}\n',
        "things.csv.gz": gzip.compress(f"{HEADER}2,n,1\n".encode()),
    }
    folder.drop("a.zip", packed(members))
    assert folder.read()[0] == [("a.zip/things.jsonl", "1"), ("a.zip/things.csv.gz", "2")]


def test_the_same_members_packed_again_or_under_another_name_are_not_read_twice(folder: Folder) -> None:
    members: Members = {"things_1.csv": f"{HEADER}1,n,1\n", "things_2.csv": f"{HEADER}2,n,1\n"}
    folder.drop("a.zip", packed(members))
    assert len(folder.read()[0]) == 2
    folder.drop("a.zip", packed(members, method=zipfile.ZIP_STORED))
    os.utime(folder.path / "a.zip", (2_000_000_000, 2_000_000_000))
    assert folder.read() == ([], [], [])
    folder.drop("b.zip", packed(members))
    rows, notes, errors = folder.read()
    assert (rows, errors) == ([], [])
    assert notes == [f"b.zip/things_{number}.csv repeats the content of a.zip/things_{number}.csv: left out" for number in (1, 2)]
    folder.drop("a.zip", packed({**members, "things_2.csv": f"{HEADER}2,n,9\n"}))
    rows, notes, _ = folder.read()
    assert rows == [("a.zip/things_2.csv", "2")]
    assert notes == ["a.zip/things_2.csv was sent again with other content: landed as a new version"]


def test_a_member_that_is_refused_is_named_on_every_run_and_the_others_land(folder: Folder) -> None:
    folder.drop("a.zip", packed({"things_1.csv": "id\n1\n", "things_2.csv": f"{HEADER}2,n,1\n"}))
    rows, _, errors = folder.read()
    assert rows == [("a.zip/things_2.csv", "2")]
    assert [error.split(" has")[0] for error in errors] == ["a.zip/things_1.csv"]
    assert folder.read() == ([], [], errors)


def encrypted(data: bytes) -> bytes:
    """The archive with every member marked as encrypted."""
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.find(signature)
        while start >= 0:
            flags = struct.unpack_from("<H", data, start + at)[0] | 1
            data = data[: start + at] + struct.pack("<H", flags) + data[start + at + 2 :]
            start = data.find(signature, start + 4)
    return data


def flipped(data: bytes, member: str) -> bytes:
    """The archive with one byte of a stored member changed."""
    at = data.index(member.encode()) + len(member) + 20
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def doubled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("things.csv", f"{HEADER}1,n,1\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("things.csv", f"{HEADER}2,n,1\n")
    return out.getvalue()


GOOD: Members = {"things.csv": f"{HEADER}1,n,1\n"}
UNSAFE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path above": (lambda: packed({**GOOD, "../things.csv": HEADER}), "'../things.csv', a path that leads out of the archive"),
    "a path from the root": (lambda: packed({**GOOD, "/etc/things.csv": HEADER}), "a path that leads out of the archive"),
    "a drive": (lambda: packed({**GOOD, "c:/things.csv": HEADER}), "a path that leads out of the archive"),
    "a backslash": (lambda: packed({**GOOD, "..\\things.csv": HEADER}), "a path that leads out of the archive"),
    "a link": (lambda: packed({**GOOD, "things_l.csv": "/etc/passwd"}, mode=stat.S_IFLNK | 0o777), "which is a link or no plain file"),
    "an archive": (lambda: packed({**GOOD, "more.zip": packed(GOOD)}), "'more.zip', an archive in an archive"),
    "encrypted": (lambda: encrypted(packed(GOOD)), "'things.csv', which is encrypted"),
    "another method": (lambda: packed(GOOD, method=zipfile.ZIP_LZMA), "packed by a method that is not read"),
    "twice": (doubled, "'things.csv' twice"),
    "twice but for case": (lambda: packed({**GOOD, "Things.csv": HEADER}), "'Things.csv' twice"),
    "a bomb": (lambda: packed({**GOOD, "things_0.csv": bytes(2 << 20)}), "which unpacks to more than 200 times its size"),
    "damaged": (
        lambda: flipped(packed({**GOOD, "others.csv": f"{HEADER}{'x' * 50}"}, method=zipfile.ZIP_STORED), "others.csv"),
        "which is damaged",
    ),
    "truncated": (lambda: packed(GOOD)[:-30], "is no whole zip archive"),
    "half": (lambda: packed(GOOD)[:60], "is no whole zip archive"),
    "no archive": (lambda: b"id,name,price\n", "is no whole zip archive"),
    "nothing": (lambda: b"", "is empty"),
    "no files": (lambda: packed({}), "holds no files"),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_an_archive_that_is_unsafe_or_damaged_is_refused_by_name_and_nothing_of_it_lands(
    folder: Folder, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "FREE_SIZE", 1 << 20)
    folder.drop("week.zip", UNSAFE[what][0]())
    folder.drop("things.csv", f"{HEADER}9,n,1\n".encode())
    rows, notes, errors = folder.read()
    assert (rows, notes) == ([("things.csv", "9")], [])
    assert [error.startswith("week.zip ") and UNSAFE[what][1] in error for error in errors] == [True], errors
    assert folder.read() == ([], [], errors)
    assert folder.read(OTHERS) == ([], [], errors if what == "damaged" else [])
    assert not (folder.path.parent / "things.csv").exists()
    folder.drop("week.zip", packed(GOOD))
    assert folder.read() == ([("week.zip/things.csv", "1")], [], [])


def test_an_archive_has_a_limit_to_what_it_unpacks_to(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_UNPACKED", 1000)
    folder.drop("week.zip", packed({"things.csv": HEADER + "1,n,1\n" * 500}))
    assert ["unpacks to more than" in error for error in folder.read()[2]] == [True]
    monkeypatch.setattr(zips, "MAX_MEMBERS", 2)
    folder.drop("week.zip", packed({f"things_{number}.csv": HEADER for number in range(3)}))
    assert ["holds 3 members" in error for error in folder.read()[2]] == [True]


def test_an_archive_that_is_replaced_while_it_is_read_waits(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.drop("week.zip", packed(GOOD))
    whole = zips.unpack

    def replaced(*arguments: object) -> object:
        found = whole(*arguments)  # type: ignore[arg-type]
        path.write_bytes(packed({"things.csv": f"{HEADER}2,n,1\n", "things_2.csv": HEADER}))
        return found

    monkeypatch.setattr("fondaco.sources.archives.unpack", replaced)
    assert folder.read() == ([], ["week.zip is still being written: it waits for the next run"], [])
    monkeypatch.undo()
    assert folder.read()[0] == [("week.zip/things.csv", "2")]


def test_nothing_is_left_behind_where_archives_are_unpacked(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path_factory.mktemp("spool")
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    folder.drop("a.zip", packed(GOOD))
    folder.drop("b.zip", packed({**GOOD, "../things.csv": HEADER}))
    folder.read()
    assert list(spool.iterdir()) == []


@given(
    st.lists(st.tuples(st.text("ab/", min_size=1, max_size=4), st.integers(0, 9)), max_size=5, unique_by=lambda item: item[0].casefold()),
    st.integers(0, 400),
)
def test_an_archive_cut_anywhere_gives_all_of_its_rows_or_none(members: list[tuple[str, int]], kept: int) -> None:
    import tempfile

    files = {f"things{index}{name.strip('/')}.csv": f"{HEADER}{index}{number},n,1\n" for index, (name, number) in enumerate(members)}
    data = packed(dict(files))
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        folder.drop("week.zip", data[:kept])
        rows, _, errors = folder.read()
        whole = kept >= len(data) and bool(files)
        assert (len(rows), len(errors)) == ((len(files), 0) if whole else (0, 1))
