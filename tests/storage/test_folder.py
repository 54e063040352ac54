"""A folder of objects: created once, replaced whole, and what the system says becomes an error with a next step."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from fondaco.errors import LakeError, LockedError, SourceError
from fondaco.storage import Folder, open_store, storage_error


@pytest.mark.parametrize(
    ("error", "reason", "hint"),
    [
        (OSError(errno.ENOSPC, "x"), "No space left on device", "free some space"),
        (duckdb.IOException('Could not write file "x": No space left on device'), "No space left on device", "free some space"),
        (PermissionError(errno.EACCES, "x"), "Permission denied", "lake.path"),
        (OSError(errno.EROFS, "x"), "Read-only file system", "mount it"),
        (duckdb.IOException("something else\nwith details"), "something else", None),
    ],
)
def test_what_the_system_says_becomes_an_error_with_a_next_step(error: Exception, reason: str, hint: str | None) -> None:
    found = storage_error(error, "write", "/lake/x", Folder(Path("/lake")))
    assert isinstance(found, LakeError)
    assert reason in found.message
    assert found.where == "/lake/x"
    assert (hint is None and found.hint is None) or (hint is not None and hint in str(found.hint))


def test_a_folder_of_drops_names_its_own_setting() -> None:
    found = storage_error(PermissionError(errno.EACCES, "x"), "list", "/in", Folder(Path("/in"), "sources.shop"))
    assert isinstance(found, SourceError)
    assert "source 'shop'" in found.message
    assert "sources.shop.path" in str(found.hint)


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    store = open_store(Folder(tmp_path))
    with store.alone("lock"), pytest.raises(LockedError), open_store(Folder(tmp_path)).alone("lock"):
        pass
    with store.alone("lock"):
        pass
