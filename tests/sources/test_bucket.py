"""Drops in a bucket are read as in a folder: once, whole or not at all, each version of a name."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.contracts import FileFormat, System, Table
from fondaco.errors import SourceError
from fondaco.sources import bucket as drops
from fondaco.sources import gathering
from fondaco.sources.base import Position, Pull
from fondaco.sources.bucket import BucketDrops
from fondaco.storage import Bucket, open_store, patience
from tests.s3 import HASTY, PASSING, Proxy

HEADER = "id,name,price\n"


class Drops:
    """A bucket of drops that remembers where it was read to; each reading is a run of its own."""

    def __init__(self, place: Bucket, table: Table) -> None:
        self.place = replace(place, setting="sources.shop")
        self.table = table
        self.store = open_store(place)
        self.position: Position | None = None

    def write(self, name: str, text: str | bytes) -> None:
        self.store.replace(name, text.encode() if isinstance(text, str) else text)

    def source(self) -> BucketDrops:
        return BucketDrops("shop", System("shop", "", "UTC", None, (), {self.table.name: self.table}), self.place)

    def read(self) -> list[Pull]:
        """What is new, committed."""
        source, pulls = self.source(), list[Pull]()
        for pull in source.pulls(self.table, self.position):
            pull.batches = list(pull.batches)
            self.position = (self.position or Position()).after(pull.step)
            assert Position.from_json(pull.step.to_json()) == pull.step
            pulls.append(pull)
        left = [path.name for path in source.folder.iterdir() if not path.name.endswith(".zip")]
        source.close()
        assert left == [], "what was fetched is removed"
        assert not source.folder.exists()
        return pulls

    def ids(self) -> list[str]:
        return [row["id"] for pull in self.read() for batch in pull.batches for row in batch.to_pylist()]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", HASTY)


@pytest.fixture
def shop(bucket: Bucket, table: Table) -> Drops:
    return Drops(bucket, table)


def test_many_objects_are_one_pull_in_the_order_of_their_names(shop: Drops) -> None:
    for name in ("b.csv", "a ä+%20.csv", "c.csv"):
        shop.write(name, f"{HEADER}{name},n,1\n")
    for name in (".hidden.csv", "half.csv.part", "deeper/d.csv", "d.txt"):
        shop.write(name, "not looked at")
    (pull,) = shop.read()
    assert [row["_file"] for batch in pull.batches for row in batch.to_pylist()] == ["a ä+%20.csv", "b.csv", "c.csv"]
    assert shop.read() == []
    (note,) = shop.source().notes()
    assert "2 files match no table: d.txt, deeper/d.csv" in note


def test_nothing_new_costs_one_request(shop: Drops, proxy: Proxy) -> None:
    for number in range(5):
        shop.write(f"{number}.csv", f"{HEADER}{number},n,1\n")
    shop.read()
    shop.place = replace(proxy.place, setting="sources.shop")
    source = shop.source()
    assert list(source.pulls(shop.table, shop.position)) == []
    assert source.notes() == []
    assert [request.method for request in proxy.requests] == ["GET"]


def test_an_object_that_is_sent_again_in_the_same_second_is_a_new_version(shop: Drops) -> None:
    shop.write("a.csv", f"{HEADER}1,n,1\n")
    shop.read()
    shop.write("a.csv", f"{HEADER}1,m,1\n")
    (pull,) = shop.read()
    assert pull.notes == ["a.csv was sent again with other content: landed as a new version"]
    shop.write("a.csv", f"{HEADER}1,m,1\n")
    assert shop.ids() == [], "the same content again is nothing new"


def test_an_object_that_is_replaced_after_it_was_listed_waits(shop: Drops) -> None:
    shop.write("a.csv", f"{HEADER}1,n,1\n")
    source = shop.source()
    assert source.notes() == []  # lists
    shop.write("a.csv", f"{HEADER}2,n,1\n")
    (pull,) = source.pulls(shop.table, None)
    assert pull.notes == ["a.csv is still being written: it waits for the next run"]
    assert pull.step == Position()
    assert shop.ids() == ["2"]


def test_a_refused_object_is_named_by_its_address(shop: Drops) -> None:
    shop.write("bad.csv", "id\n")
    for pull in shop.read() + shop.read():
        (error,) = pull.errors
        assert error.where == f"s3://{shop.place.name}/the lake/bad.csv"
    shop.write("bad.csv", f"{HEADER}2,n,1\n")
    assert shop.ids() == ["2"]


def test_many_objects_are_fetched_ahead_and_large_ones_one_by_one(shop: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "_AHEAD", 4)
    monkeypatch.setattr(drops, "_BYTES", 100)
    monkeypatch.setattr(gathering, "PULL_BYTES", 200)
    for number in range(20):
        rows = 30 if number % 7 == 0 else 1
        shop.write(f"{number:02d}.csv", HEADER + "".join(f"{number}-{row},n,1\n" for row in range(rows)))
    assert len(set(shop.ids())) == 3 * 30 + 17


def test_an_archive_in_a_bucket_is_read_member_by_member(shop: Drops, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("a.csv", f"{HEADER}1,n,1\n")
        archive.writestr("b.csv", f"{HEADER}2,n,1\n")
    shop.write("day.zip", (tmp_path / "day.zip").read_bytes())
    assert shop.ids() == ["1", "2"]
    assert shop.ids() == []


def test_what_a_console_makes_in_place_of_a_folder_is_no_file(shop: Drops, put: Callable[[str, bytes], None]) -> None:
    put("the lake/", b"")
    put("the lake/in/", b"")
    put("the lake/in/a.csv", f"{HEADER}1,n,1\n".encode())
    shop.table = replace(shop.table, files="**/*", format=FileFormat("csv"))
    assert shop.ids() == ["1"]
    assert shop.source().notes() == []


def test_an_object_with_a_name_that_is_no_path_is_named(shop: Drops, put: Callable[[str, bytes], None]) -> None:
    put("the lake/in/../a.csv", b"")
    with pytest.raises(SourceError, match="an empty part") as said:
        shop.read()
    assert "rename it" in str(said.value.hint)


@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_is_not_seen(shop: Drops, proxy: Proxy, kind: str) -> None:
    for number in range(3):
        shop.write(f"{number}.csv", f"{HEADER}{number},n,1\n")
    shop.place = replace(proxy.place, setting="sources.shop")
    for number in range(1, 5):
        proxy.once(number, kind)
        shop.position = None
        assert shop.ids() == ["0", "1", "2"], number


def test_a_bucket_that_may_not_be_listed_says_so_for_its_source(shop: Drops, proxy: Proxy) -> None:
    proxy.always("denied")
    shop.place = replace(proxy.place, setting="sources.shop")
    with pytest.raises(SourceError, match="drops of source 'shop'") as said:
        shop.read()
    assert "s3:ListBucket" in str(said.value.hint)
    assert "sources.shop.profile" in str(said.value.hint)
    assert shop.source().notes() == []
