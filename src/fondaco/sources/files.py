"""Files that are dropped into a folder: each is read once, whole or not at all, and many go into one pull.

A file is known again by path, size and checksum; an unchanged time of change saves the checksum, so a run with nothing new
reads no bytes. A refused file is remembered with its reason and named on every run until it is mended or removed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from fondaco.contracts import System, Table
from fondaco.errors import FileRejected, SourceError
from fondaco.sources.base import Keys, Position, Pull
from fondaco.sources.gathering import Gathering, Seen

#: A file is read when it has not changed for this long, in seconds; until then somebody may be writing it.
SETTLE = 0.5

_TEMPORARY = ("~", ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock")


class FileDrops:
    """A folder whose files belong to tables by the tables' globs.

    Args:
        name: the source's name in fondaco.yml.
        system: the system whose tables the files are.
        folder: where the files are dropped.
        settle: seconds for which a file must not have changed before it is read; 0 reads at once.
        now: the clock that file times are held against, UTC.
    """

    def __init__(
        self, name: str, system: System, folder: Path, *, settle: float = SETTLE, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.name = name
        self.system = system
        self.folder = folder
        self._settle = settle
        self._now = now

    def pulls(self, table: Table, position: Position | None) -> Iterator[Pull]:
        """New files of the table in the order of their paths.

        Raises:
            SourceError: there is no such folder, it cannot be listed, or the table has no files.
        """
        position = position or Position()
        gathering = Gathering(self.name, table, position, self._clock())
        fresh = list[Seen]()
        for seen in self._listing(table):
            mark = position.files.get(seen.name)
            if not seen.is_as(mark):
                fresh.append(seen)
            elif mark is not None and mark.rejected:
                gathering.pull.errors.append(FileRejected(mark.rejected[0], where=str(seen.path), hint=mark.rejected[1]))
        for seen in self._settled(fresh, gathering):
            yield from gathering.take(seen)
        yield from gathering.rest()

    def keys(self, table: Table, position: Position | None) -> Keys | None:  # noqa: ARG002
        """None: files tell what is new, not what is there."""
        return None

    def notes(self) -> list[str]:
        """Names files that belong to no table."""
        if not os.access(self.folder, os.R_OK | os.X_OK):
            return []  # each table says so
        claimed = {seen.path for table in self.system.tables.values() if table.files and table.format for seen in self._listing(table)}
        others = [
            name
            for path in self.folder.rglob("*")
            if path not in claimed and path.is_file() and not _is_temporary(name := self._name(path))
        ]
        if not others:
            return []
        more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
        return [f"{self.name}: {len(others):,} files match no table: {', '.join(sorted(others)[:5])}{more}"]

    def close(self) -> None:
        """Nothing is held open."""

    def _clock(self) -> datetime:
        return self._now().astimezone(UTC).replace(tzinfo=None)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _listing(self, table: Table) -> list[Seen]:
        if table.files is None or table.format is None:
            raise SourceError(
                f"table {table.name!r} of system {self.system.name!r} declares no files",
                hint="add `files:` and `format:` to it in systems/",
            )
        if not self.folder.is_dir():
            raise SourceError(
                f"the folder of source {self.name!r} is not there",
                where=str(self.folder),
                hint=f"create it, or set sources.{self.name}.path",
            )
        try:
            with os.scandir(self.folder):  # glob takes a folder that may not be listed for an empty one
                paths = {self._name(path): path for path in self.folder.glob(table.files)}
        except PermissionError as error:
            raise SourceError(
                f"the folder of source {self.name!r} cannot be listed", where=str(self.folder), hint="grant read access to it"
            ) from error
        found = (Seen.at(path, name) for name, path in sorted(paths.items()) if not _is_temporary(name))
        return [seen for seen in found if seen]

    def _settled(self, fresh: list[Seen], gathering: Gathering) -> list[Seen]:
        """The files that nobody is writing: those that changed lately get a second look."""
        now = self._now().timestamp()
        young = {seen.name for seen in fresh if abs(now - seen.mtime_ns / 1e9) < self._settle}
        if not young:
            return fresh
        youngest = max(seen.mtime_ns / 1e9 for seen in fresh if seen.name in young)
        time.sleep(min(self._settle, max(0.0, youngest + self._settle - now)))
        settled = list[Seen]()
        for seen in fresh:
            if seen.name not in young or Seen.at(seen.path, seen.name) == seen:
                settled.append(seen)
            else:
                gathering.wait(seen)
        return settled


def _is_temporary(name: str) -> bool:
    return name.lower().endswith(_TEMPORARY) or any(part.startswith(".") for part in name.split("/"))
