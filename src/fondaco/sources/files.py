"""Files that are dropped into a folder: each is read once, whole or not at all, and many go into one pull.

A file is known again by path, size and checksum; an unchanged time of change saves the checksum, so a run with nothing new
reads no bytes. A refused file is remembered with its reason and named on every run until it is mended or removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fondaco.contracts import System, Table
from fondaco.errors import FileRejected, SourceError
from fondaco.sources.archives import Archives
from fondaco.sources.base import Keys, Position, Pull, Span
from fondaco.sources.gathering import Gathering
from fondaco.sources.listing import Seen, depth_of, matcher, walk

#: A file is read when it has not changed for this long, in seconds; until then somebody may be writing it.
SETTLE = 0.5


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
        self._archives = Archives(system)

    def pulls(self, table: Table, position: Position | None, span: Span | None = None) -> Iterator[Pull]:
        """New files of the table in the order of their paths.

        Args:
            span: read the files whose time of last change lies in it, new or not.

        Raises:
            SourceError: there is no such folder, it cannot be listed, or the table has no files.
        """
        position = position or Position()
        if span is not None:  # as if none of that time had been read
            position = replace(position, files={name: mark for name, mark in position.files.items() if not span.holds(mark.mtime_ns)})
        for pull in self._new(table, position, span):
            pull.moves = span is None
            yield pull

    def _new(self, table: Table, position: Position, span: Span | None) -> Iterator[Pull]:
        gathering = Gathering(self.name, table, position, self._clock())
        listed = self._listing(table, gathering.pull.errors)
        fresh = [seen for seen in listed if (span is None or span.holds(seen.mtime_ns)) and not gathering.knows(seen)]
        for seen in self._ready(self._settled(fresh, gathering), gathering):
            if not seen.is_zip:
                yield from gathering.take(seen)
            elif self._archives.members(table, seen) != set():
                yield from self._archives.read(seen, table, gathering)
        yield from gathering.rest()

    def keys(self, table: Table, position: Position | None) -> Keys | None:  # noqa: ARG002
        """None: files tell what is new, not what is there."""
        return None

    def notes(self) -> list[str]:
        """Names files that belong to no table."""
        globs = [matcher(table.files) for table in self.system.tables.values() if table.files and table.format]
        others = list[str]()
        try:
            for seen in self._seen([], None):
                if seen.is_zip:
                    others += self._archives.of_no_table(seen) if self._is_here(seen) else []
                elif not any(glob(seen.name) for glob in globs):
                    others.append(seen.name)
        except (OSError, SourceError):
            return []  # each table says so
        if not others:
            return []
        more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
        return [f"{self.name}: {len(others):,} files match no table: {', '.join(sorted(others)[:5])}{more}"]

    def marks(self) -> list[str]:
        """What lies there now, a line for each file that changes with it; nothing is opened. Raises SourceError if it cannot be listed."""
        return [f"{seen.name} {seen.size} {seen.mtime_ns} {seen.version or ''}".rstrip() for seen in self._seen([], None)]

    def close(self) -> None:
        """Nothing is held open."""

    def _clock(self) -> datetime:
        return self._now().astimezone(UTC).replace(tzinfo=None)

    def _listing(self, table: Table, errors: list[FileRejected]) -> list[Seen]:
        """The table's files, and every archive that may hold some."""
        if table.files is None or table.format is None:
            raise SourceError(
                f"table {table.name!r} of system {self.system.name!r} declares no files",
                hint="add `files:` and `format:` to it in systems/",
            )
        is_mine = matcher(table.files)
        return [seen for seen in self._seen(errors, depth_of(table.files)) if seen.is_zip or is_mine(seen.name)]

    def _seen(self, errors: list[FileRejected], depth: int | None) -> Iterator[Seen]:
        """What lies there, in the order of the paths. Raises SourceError if it cannot be listed."""
        if not self.folder.is_dir():
            raise SourceError(
                f"the folder of source {self.name!r} is not there",
                where=str(self.folder),
                hint=f"create it, or set sources.{self.name}.path",
            )
        try:
            return walk(self.folder, errors, depth)
        except OSError as error:
            raise SourceError(
                f"the folder of source {self.name!r} cannot be listed", where=str(self.folder), hint="grant read access to it"
            ) from error

    def _ready(self, found: list[Seen], gathering: Gathering) -> Iterator[Seen]:  # noqa: ARG002 (a bucket's files may have changed)
        """The files, each where it can be read."""
        return iter(found)

    def _is_here(self, archive: Seen) -> bool:  # noqa: ARG002 (a bucket's archive may not have been fetched)
        return True

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
            if seen.name not in young or seen.is_still():
                settled.append(seen)
            else:
                gathering.wait(seen)
        return settled
