"""A disk that is full or must not be written is named, and the next run goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from fondaco.errors import LakeError
from fondaco.lake import Lake
from fondaco.lake.store import Store, storage_error
from tests.lake.conftest import Yard

AT = "2024-05-01 10:00:00"


def test_objects_are_created_once_and_replaced_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "lake")
    assert store.create("a/b.json", b"1")
    assert not store.create("a/b.json", b"2")
    store.replace("a/b.json", b"3")
    assert (store.read("a/b.json"), store.read("a/c.json")) == (b"3", None)
    store.create("a/a.json", b"")
    assert [path for path, _, _ in store.listing("a")] == ["a/a.json", "a/b.json"]
    assert [path for path, _, _ in store.listing("a", after="a/a.json")] == ["a/b.json"]
    store.delete(["a/a.json", "gone"])
    assert [path for path, _, _ in store.listing("a")] == ["a/b.json"]


def test_a_lake_that_is_a_file_or_in_a_bucket_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "lake", "s3://bucket/lake"):
        with pytest.raises(LakeError) as refused:
            Lake.open(place)
        assert refused.value.hint


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (OSError(errno.ENOSPC, "x"), "No space left on device", "free some space"),
        (duckdb.IOException('Could not write file "x": No space left on device'), "No space left on device", "free some space"),
        (PermissionError(errno.EACCES, "x"), "Permission denied", "write access"),
        (OSError(errno.EROFS, "x"), "Read-only file system", "mount it"),
        (duckdb.IOException("something else\nwith details"), "something else", None),
    ],
)
def test_what_the_system_says_becomes_an_error_with_a_next_step(error: Exception, reason: str, hint: str | None) -> None:
    found = storage_error(error, "write", "/lake/x")
    assert reason in found.message
    assert found.where == "/lake/x"
    assert (hint is None and found.hint is None) or (hint is not None and hint in str(found.hint))


#: Lands a yard in a process whose files may not grow beyond so many bytes, as on a full disk.
LAND = """
import resource, sys
from pathlib import Path
from fondaco.errors import LakeError
from tests.lake.conftest import Yard
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    Yard(Path(sys.argv[1])).land()
except LakeError as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.parametrize("limit", [0, 4, 500, 3000])
def test_a_landing_without_space_says_so_and_the_next_one_goes_on(yard: Yard, repo: Path, limit: int) -> None:
    for number in range(3):
        yard.drop(f"{number}.csv", *(f"{number + 1}{row},{os.urandom(9).hex()},1,{AT}" for row in range(100, 200)))
    environment = {**os.environ, "PYTHONPATH": f"{repo / 'src'}:{repo}"}
    ended = subprocess.run(
        [sys.executable, "-c", LAND, str(yard.place.parent), str(limit)], env=environment, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1, ended.stderr
    assert "the lake cannot write a file: File too large" in ended.stdout
    assert "the next run goes on from here" in ended.stdout
    assert all((yard.place / path).is_file() for commit in yard.commits() for path in commit.data_paths())
    yard.land()
    assert len(yard.bronze()) == 300
    assert yard.lake().state() == yard.lake().rebuild_state()


@pytest.mark.skipif(os.geteuid() == 0, reason="left out: root may write everywhere")
def test_a_folder_without_write_permission_is_named(yard: Yard) -> None:
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.place.mkdir()
    yard.place.chmod(0o500)
    with pytest.raises(LakeError, match="Permission denied"):
        yard.land()
    yard.place.chmod(0o700)
    assert yard.land().total("rows_landed") == 1
