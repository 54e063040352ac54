"""What lies in a folder of drops: one walk with names, sizes and times, and the globs that tell which table a file belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fondaco.errors import FileRejected
from fondaco.sources.base import FileMark

#: Names under which programs write what is not whole yet.
_TEMPORARY = ("~", ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".inprogress", ".swp", ".lock")


@dataclass(frozen=True)
class Seen:
    """A file as the folder lists it.

    Attributes:
        path: where its bytes are.
        name: its path below the source's folder, with slashes; a member of an archive stands below the archive's name.
        archive: for a member, the archive as it was listed.
        url, version: of an object in a bucket: its address, and the store's own name of its bytes. Then the path is where a copy of those
            very bytes is put before it is read.
    """

    path: Path
    name: str
    size: int
    mtime_ns: int
    archive: Seen | None = None
    url: str | None = None
    version: str | None = None

    @classmethod
    def at(cls, path: Path, name: str) -> Seen | None:
        """The file as it is now, None if it has gone or is no file."""
        try:
            stat = path.stat()
        except OSError:
            return None
        return cls(path, name, stat.st_size, stat.st_mtime_ns) if path.is_file() else None

    @property
    def where(self) -> str:
        """How a person finds it."""
        return self.url or str(self.path) if self.archive is None else f"{self.archive.where}{self.name.removeprefix(self.archive.name)}"

    @property
    def is_zip(self) -> bool:
        return self.archive is None and self.name.lower().endswith(".zip")

    def is_still(self) -> bool:
        """Whether it is as it was listed."""
        if self.archive is not None:
            return self.archive.is_still()
        return self.url is not None or Seen.at(self.path, self.name) == self

    def is_as(self, mark: FileMark | None) -> bool:
        return mark is not None and (mark.size, mark.mtime_ns, mark.version) == (self.size, self.mtime_ns, self.version)


def walk(folder: Path, errors: list[FileRejected], depth: int | None = None) -> Iterator[Seen]:
    """The files below a folder that nobody is writing by their names, in the order of their paths.

    Args:
        errors: gets what cannot be listed or named.
        depth: how many folders deep; None is all the way.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    found = list(_walk(folder, "", errors, depth, ()))
    return iter(sorted(found, key=lambda seen: seen.name))


def _walk(folder: Path, above: str, errors: list[FileRejected], depth: int | None, parents: tuple[tuple[int, int], ...]) -> Iterator[Seen]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = above + entry.name
            if is_temporary(entry.name):
                continue
            if (wrong := _unnameable(entry)) is not None:
                errors.append(wrong)
                continue
            try:
                stat = entry.stat()
                if entry.is_file():
                    yield Seen(Path(entry.path), name, stat.st_size, stat.st_mtime_ns)
                elif entry.is_dir() and depth != 0 and (stat.st_dev, stat.st_ino) not in parents:
                    # a link to a folder above leads back here
                    deeper = depth - 1 if depth is not None else None
                    yield from _walk(Path(entry.path), f"{name}/", errors, deeper, (*parents, (stat.st_dev, stat.st_ino)))
            except PermissionError:
                errors.append(FileRejected(f"the folder {name!r} cannot be listed", where=entry.path, hint="grant read access to it"))
            except OSError:
                continue  # it has gone, or is a link to nothing


def _unnameable(entry: os.DirEntry[str]) -> FileRejected | None:
    """The error for a name that no text can hold."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(entry.path).decode("utf-8", "backslashreplace")
        return FileRejected("a file has a name that is not UTF-8; it was not read", where=shown, hint="rename it")
    return None


def is_temporary(name: str) -> bool:
    """Whether a name says that the file is hidden or still being written."""
    return name.lower().endswith(_TEMPORARY) or any(part.startswith(".") for part in name.split("/"))


def depth_of(glob: str) -> int | None:
    """How many folders deep the files of a glob may lie; None is any depth."""
    return None if "**" in glob else glob.count("/")


@lru_cache(maxsize=256)
def matcher(glob: str) -> Callable[[str], bool]:
    """Whether a path with slashes is one of the glob's: `*` and `?` stop at a slash, `**/` is any folders or none."""
    pattern, at = "", 0
    while at < len(glob):
        if glob.startswith("**/", at):
            pattern, at = pattern + "(?:[^/]+/)*", at + 3
            continue
        character = glob[at]
        closing = glob.find("]", at + 2) if character == "[" else -1
        if closing > 0:
            inside = glob[at + 1 : closing].replace("\\", r"\\")
            pattern, at = pattern + f"[{'^' + inside[1:] if inside[0] == '!' else inside}]", closing + 1
            continue
        if glob.startswith("**", at):
            pattern, at = pattern + ".*", at + 2
            continue
        pattern, at = pattern + {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)), at + 1
    compiled = re.compile(pattern, re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None
