"""What a place of files can do. A folder and a bucket keep the same promises, each in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fondaco.storage.place import Folder, Place


@dataclass(frozen=True, order=True)
class Object:
    """A file of a place.

    Attributes:
        path: below the place, with slashes.
        size: bytes.
        changed: time of last change, UTC.
        version: the store's own name of these very bytes, where it has one.
    """

    path: str
    size: int
    changed: datetime
    version: str | None = None


class Store(Protocol):
    """Objects named by slashed paths. Every call raises LakeError (SourceError for drops) with the next step if the place fails."""

    @property
    def place(self) -> Place: ...

    #: Whether writers on other machines may be at work: then nothing but a create-only write decides between them.
    is_shared: bool

    @property
    def scratch(self) -> Path:
        """A local folder for what does not last: spilled memory, files on their way."""
        ...

    def read(self, path: str) -> bytes | None:
        """The object's bytes, None if there is none."""
        ...

    def read_all(self, paths: Sequence[str]) -> list[bytes | None]:
        """The bytes of many small objects, in the order of their names."""
        ...

    def create(self, path: str, data: bytes) -> bool:
        """Writes the object unless there is one by that name; of several callers one gets True."""
        ...

    def replace(self, path: str, data: bytes) -> None:
        """Writes the object whole in place of any other: a reader sees the old one or the new one."""
        ...

    def exists(self, path: str) -> bool: ...

    def listing(self, prefix: str = "", after: str | None = None) -> Iterator[Object]:
        """The objects below a prefix in the order of their paths, those that come after a path only if one is given."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Removes objects; one that is gone already is no error."""
        ...

    def writing(self, path: str) -> AbstractContextManager[Path]:
        """A local path to write the object to; leaving puts it in its place."""
        ...

    def sync(self, paths: Sequence[str]) -> None:
        """Makes the objects and their names last through a power cut."""
        ...

    def url(self, path: str) -> str:
        """The object as an engine reads it."""
        ...

    def alone(self, path: str) -> AbstractContextManager[None]:
        """Holds a lock of that name for this process, where the place has locks. Raises LockedError if another process holds it."""
        ...


def open_store(place: Place) -> Store:
    """Opens a place; a folder is made if it is not there, a bucket must exist."""
    # obstore is not waited for where a call opens no store, nor what S3 needs where there is none
    if isinstance(place, Folder):
        from fondaco.storage.folder import FolderStore

        return FolderStore(place)
    from fondaco.storage.bucket import BucketStore

    return BucketStore(place)
