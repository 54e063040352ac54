"""What every place of files promises, a folder and a bucket alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fondaco.storage import Folder, Store, open_store


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(request.getfixturevalue("bucket") if request.param == "bucket" else Folder(tmp_path / "new" / "lake"))


def test_objects_are_created_once_and_replaced_whole(store: Store) -> None:
    assert store.create("a/b.json", b"1")
    assert not store.create("a/b.json", b"2")
    assert not store.create("a/b.json", b"1"), "the same content again is a second time too"
    store.replace("a/b.json", b"3")
    assert (store.read("a/b.json"), store.read("a/c.json")) == (b"3", None)
    assert (store.exists("a/b.json"), store.exists("a/c.json")) == (True, False)


def test_objects_are_listed_in_the_order_of_their_paths(store: Store) -> None:
    for name in ("a/b", "a/a", "ab", "a/c/d"):
        store.replace(name, name.encode())
    assert [item.path for item in store.listing("a")] == ["a/a", "a/b", "a/c/d"]
    assert [item.path for item in store.listing("a", after="a/a")] == ["a/b", "a/c/d"]
    assert [(item.path, item.size) for item in store.listing()] == [("a/a", 3), ("a/b", 3), ("a/c/d", 5), ("ab", 2)]
    assert list(store.listing("none")) == []


def test_deleting_what_is_gone_is_no_error(store: Store) -> None:
    store.replace("a/b", b"")
    store.delete(["a/b", "gone"])
    store.delete([])
    assert list(store.listing()) == []


def test_many_small_objects_are_read_at_once(store: Store) -> None:
    for number in range(5):
        store.replace(f"n/{number}", str(number).encode())
    assert store.read_all([f"n/{number}" for number in range(6)]) == [b"0", b"1", b"2", b"3", b"4", None]
    assert store.read_all([]) == []


def test_a_file_is_in_its_place_once_it_is_written(store: Store) -> None:
    with store.writing("parts/x") as place:
        place.write_bytes(b"x" * 100)
    store.sync(["parts/x"])
    assert store.read("parts/x") == b"x" * 100


def test_of_many_writers_one_creates_an_object(store: Store) -> None:
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda number: store.create("one", b"%d" % number), range(16)))
    assert won.count(True) == 1
    assert store.read("one") == b"%d" % won.index(True)
