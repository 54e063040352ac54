"""The lake's files in one place, by the same few calls for a folder and (later) for a bucket.

What counts must last: in a folder, a file is synced to disk with its folder before anything names it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore

from fondaco.errors import LakeError


class Store:
    """A folder of objects named by slashed paths.

    Args:
        root: the lake's folder; it is created if it can be.

    Raises:
        LakeError: it is no folder, or cannot be created.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        with self._explained("open"):
            self.root.mkdir(parents=True, exist_ok=True)
        self._objects = LocalStore(self.root)

    def read(self, path: str) -> bytes | None:
        """The object's bytes, None if there is none."""
        with self._explained("read", path):
            try:
                return bytes(obstore.get(self._objects, path).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def create(self, path: str, data: bytes) -> bool:
        """Writes the object unless there is one by that name; of several callers one gets True."""
        with self._explained("write", path):
            try:
                obstore.put(self._objects, path, data, mode="create")
            except (AlreadyExistsError, FileExistsError):
                return False
            self.sync([path])
            return True

    def replace(self, path: str, data: bytes) -> None:
        """Writes the object whole in place of any other: a reader sees the old one or the new one."""
        with self._explained("write", path):
            obstore.put(self._objects, path, data, mode="overwrite")
            self.sync([path])

    def exists(self, path: str) -> bool:
        with self._explained("read", path):
            return (self.root / path).is_file()

    def listing(self, prefix: str, after: str | None = None) -> Iterator[tuple[str, int, datetime]]:
        """Path, bytes and time of last change (UTC) of the objects below a prefix, in the order of their paths."""
        with self._explained("list", prefix):
            found = [item for page in obstore.list(self._objects, prefix, offset=after) for item in page]
        yield from sorted((item["path"], item["size"], item["last_modified"].astimezone(UTC)) for item in found)

    def delete(self, paths: list[str]) -> None:
        """Removes objects; one that is gone already is no error."""
        for path in paths:
            with self._explained("delete", path):
                (self.root / path).unlink(missing_ok=True)

    @contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        """A local path to write the object to; leaving puts it in its place. In a folder that is the place itself."""
        with self._explained("write", path):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            yield self.root / path

    def url(self, path: str) -> str:
        """The object as an engine reads it."""
        return str(self.root / path)

    def size(self, path: str) -> int:
        with self._explained("read", path):
            return (self.root / path).stat().st_size

    def sync(self, paths: list[str]) -> None:
        """Makes the objects and their names last through a power cut."""
        with self._explained("write", paths[0] if paths else ""):
            folders = dict.fromkeys(folder for path in paths for folder in self._folders(path))
            for place in [*(self.root / path for path in paths), *folders]:
                handle = os.open(place, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    def _folders(self, path: str) -> Iterator[Path]:
        for folder in (self.root / path).parents:
            yield folder
            if folder == self.root:
                return

    @contextmanager
    def _explained(self, verb: str, path: str = "") -> Iterator[None]:
        """Turns what the system says into an error with a next step."""
        try:
            yield
        except OSError as error:
            raise storage_error(error, verb, str(self.root / path)) from error
        except obstore.exceptions.BaseError as error:
            raise storage_error(error, verb, str(self.root / path)) from error


_HINTS = {
    errno.ENOSPC: "free some space; nothing was committed and the next run goes on from here",
    errno.EDQUOT: "the quota is used up: free some space; the next run goes on from here",
    errno.EFBIG: "the system allows no larger file (ulimit -f); the next run goes on from here",
    errno.EACCES: "grant this user write access to the folder, or set lake.path to another",
    errno.EPERM: "grant this user write access to the folder, or set lake.path to another",
    errno.EROFS: "the file system is read-only: mount it for writing, or set lake.path to another",
    errno.ENOTDIR: "lake.path goes through something that is no folder: set it to another",
    errno.EEXIST: "lake.path is no folder: set it to another",
}


def storage_error(error: Exception, verb: str, place: str) -> LakeError:
    """What the system said about the lake's storage, with the next step where it is known."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((known for known in _HINTS if os.strerror(known) in str(error)), None)
    reason = os.strerror(number) if number is not None else str(error).splitlines()[0]
    return LakeError(f"the lake cannot {verb} a file: {reason}", where=place, hint=_HINTS.get(number) if number is not None else None)
