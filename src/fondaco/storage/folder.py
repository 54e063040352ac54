"""Objects in a folder. What counts must last: a file is synced to disk with its folder before anything names it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import obstore
from filelock import FileLock, Timeout
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore

from fondaco.errors import LockedError
from fondaco.storage.faults import storage_error
from fondaco.storage.place import Folder
from fondaco.storage.store import Object


class FolderStore:
    """A folder of objects.

    Args:
        place: the folder; it is created if it can be.

    Raises:
        LakeError: it is no folder, or cannot be created.
    """

    is_shared = False

    def __init__(self, place: Folder) -> None:
        self.place = place
        self._root = place.path.absolute()
        with self._explained("open"):
            self._root.mkdir(parents=True, exist_ok=True)
        self._objects = LocalStore(self._root)

    @property
    def scratch(self) -> Path:
        return self._root / "bronze" / "_spill"

    def read(self, path: str) -> bytes | None:
        with self._explained("read", path):
            try:
                return bytes(obstore.get(self._objects, path).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def read_all(self, paths: Sequence[str]) -> list[bytes | None]:
        return [self.read(path) for path in paths]

    def create(self, path: str, data: bytes) -> bool:
        with self._explained("write", path):
            try:
                obstore.put(self._objects, path, data, mode="create")
            except (AlreadyExistsError, FileExistsError):
                return False
            self.sync([path])
            return True

    def replace(self, path: str, data: bytes) -> None:
        with self._explained("write", path):
            obstore.put(self._objects, path, data, mode="overwrite")
            self.sync([path])

    def exists(self, path: str) -> bool:
        with self._explained("read", path):
            return (self._root / path).is_file()

    def listing(self, prefix: str = "", after: str | None = None) -> Iterator[Object]:
        with self._explained("list", prefix):
            found = [item for page in obstore.list(self._objects, prefix or None, offset=after) for item in page]
        yield from sorted(Object(item["path"], item["size"], item["last_modified"].astimezone(UTC)) for item in found)

    def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            with self._explained("delete", path):
                (self._root / path).unlink(missing_ok=True)

    @contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        """The object's own place: until it is synced and named, nobody reads it."""
        with self._explained("write", path):
            (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            yield self._root / path

    def sync(self, paths: Sequence[str]) -> None:
        with self._explained("write", paths[0] if paths else ""):
            folders = dict.fromkeys(folder for path in paths for folder in self._folders(path))
            for place in [*(self._root / path for path in paths), *folders]:
                handle = os.open(place, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    def url(self, path: str) -> str:
        return str(self._root / path)

    @contextmanager
    def alone(self, path: str) -> Iterator[None]:
        """The lock ends with the process, however that ends."""
        with self.writing(path) as place:
            lock = FileLock(place)
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise LockedError(
                    "another run is writing to this lake", where=str(place), hint="wait until it ends, then run again"
                ) from error
        try:
            yield
        finally:
            lock.release()

    def _folders(self, path: str) -> Iterator[Path]:
        for folder in (self._root / path).parents:
            yield folder
            if folder == self._root:
                return

    @contextmanager
    def _explained(self, verb: str, path: str = "") -> Iterator[None]:
        """Turns what the system says into an error with a next step."""
        try:
            yield
        except (OSError, obstore.exceptions.BaseError) as error:
            raise storage_error(error, verb, str(self._root / path), self.place) from error
